//! A flow as SVG: boxes in columns, curves between them.

use std::collections::BTreeMap;

use super::{Look, cut, distances, lines, look};
use crate::flow::model::{Flow, NodeRef};

const BOX_WIDTH: f64 = 190.0;
const BOX_HEIGHT: f64 = 58.0;
const COLUMN: f64 = 340.0;
const ROW: f64 = 84.0;
const MARGIN: f64 = 40.0;
/// Rows to a column before it is split in two: a screen is wider than high.
const MAX_ROWS: usize = 14;
/// Longest text on a line.
const LABEL: usize = 24;

/// Where each node stands: its upper left corner.
type Places = BTreeMap<NodeRef, (f64, f64)>;

/// Draws it.
pub(super) fn draw(flow: &Flow) -> String {
    let places = places(flow);
    let right = places.values().map(|(x, _)| *x).fold(0.0, f64::max) + BOX_WIDTH + MARGIN;
    let bottom = places.values().map(|(_, y)| *y).fold(0.0, f64::max) + BOX_HEIGHT + MARGIN;
    let lines = lines(flow);
    let backward = lines.iter().filter(|(from, to, _)| is_back(&places, *from, *to)).count();
    let height = bottom + 14.0 * f64::from(u32::try_from(backward).unwrap_or(u32::MAX)).min(60.0) + MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {right:.0} {height:.0}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<title>{}</title>\n<defs><marker id=\"end\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" \
         orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#556\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        escaped(&flow.name)
    );
    let mut labels = String::new();
    let mut lane = 0.0;
    for (from, to, name) in &lines {
        let (path, at) = if is_back(&places, *from, *to) {
            lane += 14.0;
            back(&places, *from, *to, bottom + lane)
        } else {
            forward(&places, *from, *to)
        };
        text += &format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"#99a\" stroke-width=\"1.3\" marker-end=\"url(#end)\"/>\n"
        );
        if !name.is_empty() {
            labels += &label(at, &cut(name, LABEL));
        }
    }
    for (at, (x, y)) in &places {
        text += &node_box(flow, *at, *x, *y);
    }
    text + &labels + "</svg>\n"
}

/// Columns by distance; in a column near those that lead there.
fn places(flow: &Flow) -> Places {
    let mut columns: BTreeMap<usize, Vec<NodeRef>> = BTreeMap::new();
    for (node, distance) in distances(flow) {
        columns.entry(distance).or_default().push(node);
    }
    let mut before: BTreeMap<NodeRef, Vec<NodeRef>> = BTreeMap::new();
    for (from, to, _) in lines(flow) {
        before.entry(to).or_default().push(from);
    }
    let mut places = Places::new();
    let mut x = MARGIN;
    for mut column in columns.into_values() {
        let height = |node: &NodeRef| {
            let from = before.get(node).into_iter().flatten().filter_map(|from| places.get(from));
            from.map(|(_, y)| *y).fold(f64::INFINITY, f64::min)
        };
        column.sort_by(|a, b| height(a).total_cmp(&height(b)).then(a.cmp(b)));
        for rows in column.chunks(MAX_ROWS) {
            let mut y = MARGIN;
            for node in rows {
                places.insert(*node, (x, y));
                y += ROW;
            }
            x += COLUMN;
        }
    }
    places
}

fn at(places: &Places, node: NodeRef) -> (f64, f64) {
    places.get(&node).copied().unwrap_or_default()
}

fn is_back(places: &Places, from: NodeRef, to: NodeRef) -> bool {
    at(places, to).0 <= at(places, from).0
}

/// A curve to the right, and where its name stands: near the target, where lines lie apart.
fn forward(places: &Places, from: NodeRef, to: NodeRef) -> (String, (f64, f64)) {
    let (x1, y1) = (at(places, from).0 + BOX_WIDTH, at(places, from).1 + BOX_HEIGHT / 2.0);
    let (x2, y2) = (at(places, to).0, at(places, to).1 + BOX_HEIGHT / 2.0);
    let bend = ((x2 - x1) / 2.0).min(110.0);
    let path = format!("M{x1:.0} {y1:.0} C{:.0} {y1:.0} {:.0} {y2:.0} {x2:.0} {y2:.0}", x1 + bend, x2 - bend);
    // The point of the curve at half of its way, moved towards the start when the way is long.
    (
        path,
        (x1 + (x2 - x1).min(COLUMN) / 2.0 - 10.0, if x2 - x1 > COLUMN { y1 - 6.0 } else { (y1 + y2) / 2.0 }),
    )
}

/// Round below all boxes, each on a lane of its own.
fn back(places: &Places, from: NodeRef, to: NodeRef, lane: f64) -> (String, (f64, f64)) {
    let (x1, y1) = (at(places, from).0 + BOX_WIDTH, at(places, from).1 + BOX_HEIGHT / 2.0 + 8.0);
    let (x2, y2) = (at(places, to).0, at(places, to).1 + BOX_HEIGHT / 2.0 + 8.0);
    let path = format!(
        "M{x1:.0} {y1:.0} h12 Q{:.0} {y1:.0} {:.0} {:.0} V{:.0} Q{:.0} {lane:.0} {:.0} {lane:.0} H{:.0} Q{:.0} {lane:.0} {:.0} {:.0} V{:.0} Q{:.0} {y2:.0} {x2:.0} {y2:.0}",
        x1 + 20.0,
        x1 + 20.0,
        y1 + 8.0,
        lane - 8.0,
        x1 + 20.0,
        x1 + 12.0,
        x2 - 12.0,
        x2 - 20.0,
        x2 - 20.0,
        lane - 8.0,
        y2 + 8.0,
        x2 - 20.0,
    );
    (path, (x1 + 24.0, y1 + 16.0))
}

fn label((x, y): (f64, f64), name: &str) -> String {
    let name = escaped(name);
    format!(
        "<text x=\"{x:.0}\" y=\"{y:.0}\" font-size=\"11\" fill=\"#223\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">{name}</text>\n"
    )
}

fn node_box(flow: &Flow, node: NodeRef, x: f64, y: f64) -> String {
    let found = flow.node(node);
    let (fill, stroke) = match look(found.kind) {
        Look::Speaks => ("#eef4ff", "#5b7fc7"),
        Look::Asks => ("#fff6e0", "#c79a2b"),
        Look::Decides => ("#f1f1f4", "#88889a"),
        Look::Waits => ("#e9f7ec", "#3f9a5a"),
        Look::Ends => ("#fdecec", "#c05555"),
    };
    let width = if node == flow.start { 3.0 } else { 1.2 };
    let about = flow.about(found);
    let kind = if about.is_empty() {
        found.kind.name().to_owned()
    } else {
        format!("{}: {about}", found.kind.name())
    };
    let words = flow.words_of(found);
    let title = escaped(&words);
    format!(
        "<g><title>{title}</title><rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{BOX_WIDTH:.0}\" height=\"{BOX_HEIGHT:.0}\" rx=\"8\" fill=\"{fill}\" \
         stroke=\"{stroke}\" stroke-width=\"{width}\"/><text x=\"{:.0}\" y=\"{:.0}\" font-weight=\"bold\" fill=\"#112\">{}</text>\
         <text x=\"{:.0}\" y=\"{:.0}\" font-size=\"11\" fill=\"#445\">{}</text>\
         <text x=\"{:.0}\" y=\"{:.0}\" font-size=\"10\" fill=\"#778\">{}</text></g>\n",
        x + 10.0,
        y + 19.0,
        escaped(&cut(found.id.as_str(), 22)),
        x + 10.0,
        y + 34.0,
        escaped(&cut(&kind, 28)),
        x + 10.0,
        y + 49.0,
        escaped(&cut(&words, 32)),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
