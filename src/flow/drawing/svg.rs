//! A flow as SVG: boxes in columns, curves between them; what leads back, or to an end that everybody comes to, is told beside.

use std::collections::BTreeMap;

use super::{Look, Traffic, cut, distances, lines, look};
use crate::flow::model::{Flow, NodeRef};
use crate::letters::in_markup;

const BOX_WIDTH: f64 = 190.0;
const BOX_HEIGHT: f64 = 58.0;
const COLUMN: f64 = 370.0;
const ROW: f64 = 84.0;
const MARGIN: f64 = 40.0;
/// Rows to a column before it is split in two: a screen is wider than high.
const MAX_ROWS: usize = 14;
/// Longest text on a line.
const LABEL: usize = 24;

/// Height of a line beside a box.
const NOTE: f64 = 13.0;
/// Most lines drawn into an end; where more lead to it, as all queues do, its name stands beside them instead.
const MAX_INTO_END: usize = 3;

/// Where each node stands: its upper left corner.
type Places = BTreeMap<NodeRef, (f64, f64)>;

/// Ways that are drawn, and ways that are only told beside their node: those back, and those into ends that many lead to.
struct Ways {
    drawn: Vec<(NodeRef, NodeRef, String)>,
    told: BTreeMap<NodeRef, Vec<String>>,
}

/// Draws it, with what was counted of calls if that is given.
pub(super) fn draw(flow: &Flow, traffic: Option<&Traffic>) -> String {
    let distances = distances(flow);
    let ways = ways(flow, &distances, traffic);
    let places = places(flow, &distances, &ways);
    let right = places.values().map(|(x, _)| *x).fold(0.0, f64::max) + COLUMN + MARGIN;
    let bottom = places.iter().map(|(at, (_, y))| y + height(&ways, *at)).fold(0.0, f64::max) + MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {right:.0} {bottom:.0}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<title>{}</title>\n<defs><marker id=\"end\" viewBox=\"0 0 8 8\" markerUnits=\"userSpaceOnUse\" markerWidth=\"11\" \
         markerHeight=\"11\" refX=\"7\" refY=\"4\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#556\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        in_markup(&flow.name)
    );
    let mut labels = String::new();
    let mut into: BTreeMap<NodeRef, u32> = BTreeMap::new();
    for (from, to, name) in &ways.drawn {
        let nth = into.entry(*to).or_default();
        let went = traffic.map(|traffic| traffic.went(flow.node(*from), flow.node(*to)));
        text +=
            &curve(&places, *from, *to, traffic.zip(went).map_or(0.0, |(traffic, went)| traffic.share(went)));
        let name = counted(name, went);
        if !name.is_empty() {
            let (x, y) = at(&places, *to);
            labels += &label((x - 10.0, y + BOX_HEIGHT / 2.0 - 5.0 - f64::from(*nth) * 12.0), &name);
        }
        *nth += 1;
    }
    for (at, (x, y)) in &places {
        text += &node_box(flow, *at, (*x, *y), traffic);
        for (line, note) in (0_u32..).zip(ways.told.get(at).into_iter().flatten()) {
            text += &beside(*x, *y + 12.0 + f64::from(line) * NOTE, note);
        }
    }
    text + &labels + "</svg>\n"
}

/// The name of a way, and how many took it.
fn counted(name: &str, went: Option<usize>) -> String {
    let name = cut(name, LABEL);
    match went {
        Some(0) => name, // what nobody took is told by its thin line
        Some(went) if name.is_empty() => went.to_string(),
        Some(went) => format!("{name}: {went}"),
        None => name,
    }
}

fn ways(flow: &Flow, distances: &BTreeMap<NodeRef, usize>, traffic: Option<&Traffic>) -> Ways {
    let lines = lines(flow);
    let mut into: BTreeMap<NodeRef, usize> = BTreeMap::new();
    for (_, to, _) in &lines {
        *into.entry(*to).or_default() += 1;
    }
    let mut ways = Ways { drawn: Vec::new(), told: BTreeMap::new() };
    for (from, to, name) in lines {
        let back = distances.get(&to) <= distances.get(&from);
        let crowded = flow.node(to).kind.ends() && into.get(&to).is_some_and(|count| *count > MAX_INTO_END);
        if back || crowded {
            let went = traffic.map(|traffic| traffic.went(flow.node(from), flow.node(to)));
            let name = counted(&name, went);
            let name = if name.is_empty() { name } else { format!("{name} ") };
            ways.told.entry(from).or_default().push(format!("{name}→ {}", flow.node(to).id));
        } else {
            ways.drawn.push((from, to, name));
        }
    }
    ways
}

/// A box, or the lines beside it when they are higher.
fn height(ways: &Ways, node: NodeRef) -> f64 {
    let told = ways.told.get(&node).map_or(0, Vec::len);
    ROW.max(f64::from(u32::try_from(told).unwrap_or(u32::MAX)) * NOTE + 22.0)
}

/// Columns by distance; in a column near those that lead there.
fn places(flow: &Flow, distances: &BTreeMap<NodeRef, usize>, ways: &Ways) -> Places {
    let mut columns: BTreeMap<usize, Vec<NodeRef>> = BTreeMap::new();
    for at in (0..flow.nodes.len()).map(NodeRef) {
        columns.entry(distances.get(&at).copied().unwrap_or_default()).or_default().push(at);
    }
    let mut places = Places::new();
    let mut x = MARGIN;
    for mut column in columns.into_values() {
        let above = |node: &NodeRef| {
            let from =
                ways.drawn.iter().filter(|(_, to, _)| to == node).filter_map(|(from, ..)| places.get(from));
            from.map(|(_, y)| *y).fold(f64::INFINITY, f64::min)
        };
        column.sort_by(|a, b| above(a).total_cmp(&above(b)).then(a.cmp(b)));
        for rows in column.chunks(MAX_ROWS) {
            let mut y = MARGIN;
            for node in rows {
                places.insert(*node, (x, y));
                y += height(ways, *node);
            }
            x += COLUMN;
        }
    }
    places
}

fn at(places: &Places, node: NodeRef) -> (f64, f64) {
    places.get(&node).copied().unwrap_or_default()
}

/// A curve to the right, the wider the greater the share of calls that took it.
fn curve(places: &Places, from: NodeRef, to: NodeRef, share: f64) -> String {
    let (x1, y1) = (at(places, from).0 + BOX_WIDTH, at(places, from).1 + BOX_HEIGHT / 2.0);
    let (x2, y2) = (at(places, to).0, at(places, to).1 + BOX_HEIGHT / 2.0);
    let bend = ((x2 - x1) / 2.0).min(110.0);
    let width = 1.3 + 7.0 * share;
    format!(
        "<path d=\"M{x1:.0} {y1:.0} C{:.0} {y1:.0} {:.0} {y2:.0} {x2:.0} {y2:.0}\" fill=\"none\" stroke=\"#99a\" \
         stroke-width=\"{width:.1}\" marker-end=\"url(#end)\"/>\n",
        x1 + bend,
        x2 - bend
    )
}

/// A way that is told, right of its box.
fn beside(x: f64, y: f64, note: &str) -> String {
    let x = x + BOX_WIDTH + 8.0;
    format!(
        "<text x=\"{x:.0}\" y=\"{y:.0}\" font-size=\"10\" fill=\"#667\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>\n",
        in_markup(note)
    )
}

fn label((x, y): (f64, f64), name: &str) -> String {
    let name = in_markup(name);
    format!(
        "<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"end\" font-size=\"11\" fill=\"#223\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">{name}</text>\n"
    )
}

fn node_box(flow: &Flow, node: NodeRef, (x, y): (f64, f64), traffic: Option<&Traffic>) -> String {
    let found = flow.node(node);
    let (fill, stroke) = match look(found.kind) {
        Look::Speaks => ("#eef4ff", "#5b7fc7"),
        Look::Asks => ("#fff6e0", "#c79a2b"),
        Look::Decides => ("#f1f1f4", "#88889a"),
        Look::Waits => ("#e9f7ec", "#3f9a5a"),
        Look::Ends => ("#fdecec", "#c05555"),
    };
    let heat = traffic.map(|traffic| warm(traffic.share(traffic.came(found))));
    let fill = heat.as_deref().unwrap_or(fill);
    let width = if node == flow.start { 3.0 } else { 1.2 };
    let about = flow.about(found);
    let kind = if about.is_empty() {
        found.kind.name().to_owned()
    } else {
        format!("{}: {about}", found.kind.name())
    };
    let words = flow.words_of(found);
    let title = in_markup(&words);
    let note = traffic.and_then(|traffic| traffic.nodes.get(&found.id)).map(|passage| passage.note.clone());
    let ink = if note.is_some() { "#112" } else { "#778" };
    let words = note.unwrap_or(words);
    format!(
        "<g><title>{title}</title><rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{BOX_WIDTH:.0}\" height=\"{BOX_HEIGHT:.0}\" rx=\"8\" fill=\"{fill}\" \
         stroke=\"{stroke}\" stroke-width=\"{width}\"/><text x=\"{:.0}\" y=\"{:.0}\" font-weight=\"bold\" fill=\"#112\">{}</text>\
         <text x=\"{:.0}\" y=\"{:.0}\" font-size=\"11\" fill=\"#445\">{}</text>\
         <text x=\"{:.0}\" y=\"{:.0}\" font-size=\"10\" fill=\"{ink}\">{}</text></g>\n",
        x + 10.0,
        y + 19.0,
        in_markup(&cut(found.id.as_str(), 22)),
        x + 10.0,
        y + 34.0,
        in_markup(&cut(&kind, 28)),
        x + 10.0,
        y + 49.0,
        in_markup(&cut(&words, 32)),
    )
}

/// From white, where nobody came, to red, where most came.
fn warm(share: f64) -> String {
    let share = share.clamp(0.0, 1.0);
    format!("hsl({:.0} 90% {:.0}%)", 45.0 - 40.0 * share, 99.0 - 37.0 * share)
}
