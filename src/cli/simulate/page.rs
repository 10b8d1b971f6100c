//! A day as a page: plots drawn here as SVG, each with its text and its table, in one file that asks nobody for anything.
//!
//! It is in Italian, for those who plan shifts. Every plot has a name and a description, and its figures stand in a table below; colours
//! have a contrast of 4.5 to 1 at least, and lines are told apart by dashes as well (WCAG 2.1 AA).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::Date;

use crate::letters::in_markup;
use crate::simulate::{Comparison, DayFigures, Estimate, Goal, Line, minutes};

const STYLE: &str = "
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1.5rem;color:#1b1b1b;background:#fff}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}
p.sub{margin:0 0 1rem;color:#4a4a4a}
figure{margin:0 0 1rem}figcaption{margin:.25rem 0 .5rem;color:#333}
svg{box-sizing:border-box;width:100%;min-width:44rem;height:auto;border:1px solid #c8c8c8;background:#fff}
svg text{font:12px system-ui,sans-serif;fill:#333}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.75rem;padding:0;margin:1rem 0;list-style:none}
.cards li{border:1px solid #c8c8c8;border-radius:.4rem;padding:.6rem .8rem}
.cards b{display:block;font-size:1.5rem}.cards small{color:#4a4a4a}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{padding:.25rem .6rem;border-bottom:1px solid #d8d8d8;text-align:right;white-space:nowrap}
th[scope=row],thead th:first-child{text-align:left}
thead th{border-bottom:2px solid #777}
tr.sum>*{font-weight:600;border-top:2px solid #777}
ul.words{padding-left:1.2rem}
:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}
";

/// Colours of the lines: blue and a dark orange, 4.5 to 1 or better on white.
const COLOURS: [&str; 2] = ["#0b57d0", "#b04a00"];
const DASHES: [&str; 2] = ["", "7 4"];

/// One day.
pub(super) fn of_day(figures: &DayFigures, date: Date, goal: Goal) -> String {
    let mut page = begin(&format!("Simulazione di {}", figures.scenario), date, figures, goal);
    cards(&mut page, figures, goal);
    plots(&mut page, &[figures], goal);
    half_hours(&mut page, figures, goal);
    queues(&mut page, figures, goal);
    end(page)
}

/// Two days.
pub(super) fn of_comparison(both: &Comparison, date: Date, goal: Goal) -> String {
    let title = format!("Confronto tra {} e {}", both.a.scenario, both.b.scenario);
    let mut page = begin(&title, date, &both.a, goal);
    page.push_str("<h2>Che cosa cambia</h2><ul class=\"words\">");
    for line in both.in_words() {
        let _ = write!(page, "<li>{}</li>", in_markup(&line));
    }
    page.push_str("</ul>");
    plots(&mut page, &[&both.a, &both.b], goal);
    both_queues(&mut page, both);
    for figures in [&both.a, &both.b] {
        half_hours(&mut page, figures, goal);
    }
    end(page)
}

fn begin(title: &str, date: Date, figures: &DayFigures, goal: Goal) -> String {
    let title = in_markup(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"it\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>\
         <p class=\"sub\">{}, {} repliche indipendenti. Dopo ±, la metà dell'intervallo di confidenza al 95 %. Livello di servizio: risposte \
         entro {} s.</p>",
        date.strftime("%d/%m/%Y"),
        figures.replications,
        goal.within_s
    )
}

fn end(mut page: String) -> String {
    page.push_str("</main></body></html>\n");
    page
}

fn cards(page: &mut String, figures: &DayFigures, goal: Goal) {
    let Some(day) = figures.day(None) else { return };
    page.push_str("<ul class=\"cards\">");
    let mut card = |name: &str, value: String, note: String| {
        let _ = write!(page, "<li><span>{name}</span><b>{value}</b><small>{note}</small></li>");
    };
    let arrived = day.arrived.unwrap_or(day.offered);
    card(
        "Chiamate",
        format!("{:.0}", arrived.value),
        format!("{} al giorno", give_or_take(&arrived, |calls| format!("{calls:.0}"))),
    );
    let rate = day.response_rate;
    card("Tasso di risposta", percent(rate.value), give_or_take(&rate, percent));
    let wait = day.mean_wait_s;
    card("Attesa media", minutes(wait.value), format!("{} minuti", give_or_take(&wait, minutes)));
    let level = day.service_level;
    let goal = format!("{}, obiettivo {}", give_or_take(&level, percent), percent(goal.share));
    card("Livello di servizio", percent(level.value), goal);
    if let Some(occupancy) = day.occupancy {
        card("Occupazione", percent(occupancy.value), give_or_take(&occupancy, percent));
    }
    page.push_str("</ul>");
}

// -- plots

/// What is drawn: its name, what it is of, and how its axis is written.
struct Plot {
    title: &'static str,
    of: fn(&Line) -> Option<Estimate>,
    write: fn(f64) -> String,
    /// The axis ends here at least.
    top: f64,
    /// What is worth telling of it in words is where it is lowest.
    is_better_high: bool,
}

const PLOTS: [Plot; 4] = [
    Plot {
        title: "Attesa media",
        of: |line| Some(line.mean_wait_s),
        write: minutes,
        top: 30.0,
        is_better_high: false,
    },
    Plot {
        title: "Chiamate in coda",
        of: |line| Some(line.offered),
        write: number,
        top: 5.0,
        is_better_high: false,
    },
    Plot {
        title: "Livello di servizio",
        of: |line| Some(line.service_level),
        write: percent,
        top: 1.0,
        is_better_high: true,
    },
    Plot {
        title: "Occupazione degli operatori",
        of: |line| line.occupancy,
        write: percent,
        top: 1.0,
        is_better_high: false,
    },
];

/// Steps of an axis that people read at a glance, of seconds and of calls; four of them make an axis.
const STEPS: [f64; 18] = [
    2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 450.0, 600.0, 900.0, 1200.0,
    1800.0, 3600.0,
];

/// Where the axis of a plot ends whose greatest value is `most`.
fn top_of(plot: &Plot, most: f64) -> f64 {
    if plot.top == 1.0 {
        return 1.0;
    }
    STEPS.into_iter().map(|step| step * 4.0).find(|top| *top >= most).unwrap_or(most * 1.1)
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 34.0;

fn plots(page: &mut String, days: &[&DayFigures], goal: Goal) {
    for (place, plot) in (1..).zip(&PLOTS) {
        let _ = write!(
            page,
            "<h2>{0}</h2><figure><div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0}: grafico\">",
            plot.title
        );
        draw(page, place, plot, days, goal);
        let _ = write!(page, "</div><figcaption>{}</figcaption></figure>", in_markup(&described(plot, days)));
    }
}

/// The same in words: where it is highest, or lowest.
fn described(plot: &Plot, days: &[&DayFigures]) -> String {
    let of = |(place, day): (usize, &&DayFigures)| {
        let points =
            day.half_hours(None).filter_map(|line| Some((line.from.clone()?, (plot.of)(line)?.value)));
        let points = points.filter(|(_, value)| value.is_finite());
        let by_value = |a: &(String, f64), b: &(String, f64)| a.1.total_cmp(&b.1);
        let (told, end) = match plot.is_better_high {
            true => (points.min_by(by_value), "minimo"),
            false => (points.max_by(by_value), "massimo"),
        };
        let line = if place == 0 { "linea continua" } else { "linea tratteggiata" };
        told.map(|(from, value)| {
            format!("{} ({line}): al {end} {} alle {from}", day.scenario, (plot.write)(value))
        })
    };
    let told: Vec<String> = days.iter().enumerate().filter_map(of).collect();
    format!("{}. I valori sono nella tabella più sotto.", told.join("; "))
}

fn draw(page: &mut String, number: usize, plot: &Plot, days: &[&DayFigures], goal: Goal) {
    let lines: Vec<Vec<&Line>> = days.iter().map(|day| day.half_hours(None).collect()).collect();
    let most =
        lines.iter().flatten().filter_map(|line| Some((plot.of)(line)?.value)).fold(plot.top, f64::max);
    let top = top_of(plot, most);
    // A half hour of which only one day has anything to say has its place too.
    let froms: BTreeSet<&str> = lines.iter().flatten().filter_map(|line| line.from.as_deref()).collect();
    let place_of = |line: &Line| froms.iter().position(|from| line.from.as_deref() == Some(from));
    let slots = froms.len().max(2);
    let across = |place: usize| LEFT + (WIDTH - LEFT - RIGHT) * f(place) / f(slots - 1);
    let down = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - (value / top).clamp(0.0, 1.0));
    let _ = write!(
        page,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"t{number} d{number}\"><title id=\"t{number}\">{} per mezz'ora</title>\
         <desc id=\"d{number}\">{}</desc>",
        plot.title,
        in_markup(&described(plot, days))
    );
    for step in 0..=4_usize {
        let value = top * f(step) / 4.0;
        let y = down(value);
        let _ = write!(
            page,
            "<line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#d8d8d8\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 4.0,
            (plot.write)(value).trim_end_matches(",0")
        );
    }
    if plot.title == "Livello di servizio" {
        let y = down(goal.share);
        let _ = write!(
            page,
            "<line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#555\" stroke-dasharray=\"2 3\"/>\
             <text x=\"{LEFT}\" dx=\"4\" y=\"{:.1}\">obiettivo {}</text>",
            WIDTH - RIGHT,
            y - 4.0,
            percent(goal.share)
        );
    }
    for (place, from) in froms.iter().enumerate().filter(|(_, from)| from.ends_with(":00")) {
        let _ = write!(
            page,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{from}</text>",
            across(place),
            HEIGHT - 12.0
        );
    }
    for (day, lines) in lines.iter().enumerate() {
        let points = lines.iter().filter_map(|line| Some((place_of(line)?, (plot.of)(line)?)));
        let points: Vec<(usize, Estimate)> = points.collect();
        let colour = COLOURS.get(day).copied().unwrap_or(COLOURS[0]);
        let dash = DASHES.get(day).copied().unwrap_or("");
        for (place, estimate) in
            points.iter().filter(|(_, estimate)| estimate.ci95.iter().all(|end| end.is_finite()))
        {
            let [low, high] = estimate.ci95.map(down);
            let x = across(*place);
            let _ = write!(
                page,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{low:.1}\" y2=\"{high:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
            );
        }
        let path: Vec<String> = points
            .iter()
            .map(|(place, estimate)| format!("{:.1},{:.1}", across(*place), down(estimate.value)))
            .collect();
        let _ = write!(
            page,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-dasharray=\"{dash}\"/>",
            path.join(" ")
        );
    }
    page.push_str("</svg>");
}

fn f(place: usize) -> f64 {
    u32::try_from(place).map_or(0.0, f64::from)
}

// -- tables

fn half_hours(page: &mut String, figures: &DayFigures, goal: Goal) {
    let _ = write!(
        page,
        "<h2>{}: per mezz'ora</h2><div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0}: tabella per mezz'ora\"><table>\
         <caption>Il servizio, mezz'ora per mezz'ora</caption><thead><tr><th scope=\"col\">Dalle</th><th scope=\"col\">Postazioni</th>\
         <th scope=\"col\">Chiamate</th><th scope=\"col\">Servite dal risponditore</th><th scope=\"col\">In coda</th>\
         <th scope=\"col\">Gestite</th><th scope=\"col\">Abbandonate</th><th scope=\"col\">Attesa media</th><th scope=\"col\">Attesa p90</th><th scope=\"col\">Entro {} s</th><th scope=\"col\">Occupazione</th></tr></thead><tbody>",
        in_markup(&figures.scenario),
        goal.within_s
    );
    for line in figures.half_hours(None).chain(figures.day(None)) {
        let (class, name) = line.from.as_deref().map_or((" class=\"sum\"", "giorno"), |from| ("", from));
        let seats = line.seats.map_or_else(String::new, number);
        let arrived = line.arrived.map_or_else(String::new, |arrived| cell(&arrived, number));
        let contained = line.contained.map_or_else(String::new, |contained| cell(&contained, number));
        let occupancy = line.occupancy.map_or_else(String::new, |occupancy| cell(&occupancy, percent));
        let cells = [
            seats,
            arrived,
            contained,
            cell(&line.offered, number),
            cell(&line.answered, number),
            cell(&line.abandoned, number),
            cell(&line.mean_wait_s, minutes),
            cell(&line.p90_wait_s, minutes),
            cell(&line.service_level, percent),
            occupancy,
        ];
        row(page, class, name, &cells);
    }
    page.push_str("</tbody></table></div>");
}

fn queues(page: &mut String, figures: &DayFigures, goal: Goal) {
    let _ = write!(
        page,
        "<h2>Per coda</h2><div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Tabella per coda\"><table><caption>Le code, nell'intera giornata</caption>\
         <thead><tr><th scope=\"col\">Coda</th><th scope=\"col\">In coda</th><th scope=\"col\">Gestite</th><th scope=\"col\">Abbandonate</th>\
         <th scope=\"col\">Non servite</th><th scope=\"col\">Richiamate</th><th scope=\"col\">Attesa media</th><th scope=\"col\">p50</th>\
         <th scope=\"col\">p90</th><th scope=\"col\">p95</th><th scope=\"col\">Entro {} s</th></tr></thead><tbody>",
        goal.within_s
    );
    for line in figures.lines.iter().filter(|line| line.from.is_none()) {
        let (class, name) =
            line.queue.as_ref().map_or((" class=\"sum\"", "tutte"), |queue| ("", queue.as_str()));
        let cells = [
            cell(&line.offered, number),
            cell(&line.answered, number),
            cell(&line.abandoned, number),
            cell(&line.unserved, number),
            cell(&line.callbacks, number),
            cell(&line.mean_wait_s, minutes),
            cell(&line.p50_wait_s, minutes),
            cell(&line.p90_wait_s, minutes),
            cell(&line.p95_wait_s, minutes),
            cell(&line.service_level, percent),
        ];
        row(page, class, name, &cells);
    }
    page.push_str("</tbody></table></div>");
}

fn both_queues(page: &mut String, both: &Comparison) {
    let (a, b) = (in_markup(&both.a.scenario), in_markup(&both.b.scenario));
    let _ = write!(
        page,
        "<h2>Per coda</h2><div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Tabella per coda\"><table><caption>Le code, nell'intera \
         giornata: A è {a}, B è {b}</caption><thead><tr><th scope=\"col\">Coda</th><th scope=\"col\">In coda A</th>\
         <th scope=\"col\">In coda B</th><th scope=\"col\">Attesa media A</th><th scope=\"col\">Attesa media B</th>\
         <th scope=\"col\">Differenza</th><th scope=\"col\">Abbandonate A</th><th scope=\"col\">Abbandonate B</th></tr></thead><tbody>"
    );
    let effects = both.queues.iter().map(|queue| (Some(&queue.queue), &queue.effect));
    for (queue, effect) in effects.chain([(None, &both.day)]) {
        let (class, name) = queue.map_or((" class=\"sum\"", "tutte"), |queue| ("", queue.as_str()));
        let offered =
            |day: &DayFigures| day.day(queue).map_or_else(String::new, |line| cell(&line.offered, number));
        let wait = &effect.mean_wait_s;
        let sign = if wait.difference.value < 0.0 { "−" } else { "+" };
        let cells = [
            offered(&both.a),
            offered(&both.b),
            minutes(wait.a),
            minutes(wait.b),
            format!("{sign}{}", cell(&wait.difference, minutes)),
            number(effect.abandoned.a),
            number(effect.abandoned.b),
        ];
        row(page, class, name, &cells);
    }
    page.push_str("</tbody></table></div>");
}

fn row(page: &mut String, class: &str, name: &str, cells: &[String]) {
    let _ = write!(page, "<tr{class}><th scope=\"row\">{}</th>", in_markup(name));
    for cell in cells {
        let _ = write!(page, "<td>{cell}</td>");
    }
    page.push_str("</tr>");
}

fn cell(estimate: &Estimate, write: fn(f64) -> String) -> String {
    if half(estimate).is_finite() {
        format!("{} {}", write(estimate.value), give_or_take(estimate, write))
    } else {
        "–".to_owned()
    }
}

/// `±2,3`; a day of which nothing is known has no interval.
fn give_or_take(estimate: &Estimate, write: fn(f64) -> String) -> String {
    let half = half(estimate);
    if half.is_finite() { format!("±{}", write(half)) } else { "±?".to_owned() }
}

fn half(estimate: &Estimate) -> f64 {
    (estimate.ci95[1] - estimate.ci95[0]) / 2.0
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn number(value: f64) -> String {
    format!("{value:.1}").replace('.', ",")
}
