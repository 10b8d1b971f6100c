//! Figures in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::engine::Metrics;
use crate::words::Outcome;

/// One line: labels in braces or nothing, and the value.
type Row = (String, u64);

fn by_outcome(closed: &BTreeMap<Outcome, u64>) -> Vec<Row> {
    let label = |outcome| serde_json::to_value(outcome).unwrap_or_default();
    closed.iter().map(|(outcome, n)| (format!("{{outcome={}}}", label(outcome)), *n)).collect()
}

/// Everything that `/metrics` shows. Queues and outcomes are names of ours: nothing in them needs escaping.
pub(super) fn exposition(metrics: &Metrics, views_behind: bool) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: &[Row]| {
        // A String takes anything.
        let _ = writeln!(text, "# HELP centralino_{name} {help}\n# TYPE centralino_{name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(text, "centralino_{name}{labels} {value}");
        }
    };
    let plain = |value: u64| vec![(String::new(), value)];
    family("calls", "gauge", "Calls in course.", &plain(count(metrics.calls)));
    family("seats_ready", "gauge", "Seats reachable and ready.", &plain(count(metrics.seats_ready)));
    let waiting = metrics.waiting.iter().map(|(queue, n)| (format!("{{queue=\"{queue}\"}}"), count(*n)));
    family("waiting", "gauge", "Callers waiting, by queue.", &waiting.collect::<Vec<Row>>());
    let closed = by_outcome(&metrics.closed);
    family("contacts_closed_total", "counter", "Contacts of those who called, closed, by outcome.", &closed);
    let made = by_outcome(&metrics.made);
    family("calls_made_closed_total", "counter", "Contacts that operators began, closed, by outcome.", &made);
    family("calls_shed_total", "counter", "Calls not let in for want of room.", &plain(metrics.shed));
    let help = "Legs whose sound to an address that sends nothing was stopped.";
    family("media_unconfirmed_total", "counter", help, &plain(metrics.unconfirmed));
    let refused = metrics.refused;
    let rows = [
        ("wrong_password", refused.wrong_passwords),
        ("too_many_guesses", refused.guesses_refused),
        ("stranger", refused.strangers),
        ("bad_message", refused.bad_messages),
        ("busy", refused.busy),
    ];
    let rows = rows.map(|(why, n)| (format!("{{why=\"{why}\"}}"), n));
    family("sip_refused_total", "counter", "SIP messages refused, by reason.", &rows);
    family("store_spooled", "gauge", "Entries that wait for the store.", &plain(count(metrics.spooled)));
    let help = "1 while the store does not keep up.";
    family("store_degraded", "gauge", help, &plain(u64::from(metrics.degraded)));
    let help = "Calls answered without the promise to be on record.";
    family("calls_answered_degraded_total", "counter", help, &plain(metrics.answered_degraded));
    let help = "Contradictions of the distribution that were mended: each is a fault of the program.";
    family("distribution_mended_total", "counter", help, &plain(metrics.mended));
    let calls = &metrics.callbacks;
    family("callbacks_open", "gauge", "Call-backs promised and not over.", &plain(count(calls.open)));
    let ended = calls.ended.iter().map(|(how, n)| (format!("{{end=\"{how}\"}}"), *n));
    family("callbacks_ended_total", "counter", "Call-backs over, by how.", &ended.collect::<Vec<Row>>());
    let help = "Call-backs for which nobody was free in time.";
    family("callbacks_escalated_total", "counter", help, &plain(calls.escalated));
    family(
        "callback_attempts_total",
        "counter",
        "Times that a citizen was called back.",
        &plain(calls.attempts),
    );
    family(
        "callbacks_abandoned_total",
        "counter",
        "Times that a citizen was called back before an operator was there, and none came in time.",
        &plain(calls.abandoned),
    );
    let help = "1 while contacts and cases cannot be listed.";
    family("views_behind", "gauge", help, &plain(u64::from(views_behind)));
    text
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::QueueId;
    use crate::sip::Tally;
    use crate::words::Outcome;

    #[test]
    fn figures_have_a_type_and_labels_as_prometheus_reads_them() {
        let metrics = Metrics {
            calls: 3,
            waiting: [(QueueId::from("tributi"), 2)].into(),
            closed: [(Outcome::Abandoned, 7)].into(),
            refused: Tally { wrong_passwords: 5, ..Tally::default() },
            degraded: true,
            ..Metrics::default()
        };
        let text = exposition(&metrics, true);
        for line in [
            "# TYPE centralino_calls gauge",
            "centralino_calls 3",
            "centralino_waiting{queue=\"tributi\"} 2",
            "# TYPE centralino_contacts_closed_total counter",
            "centralino_contacts_closed_total{outcome=\"abandoned\"} 7",
            "centralino_sip_refused_total{why=\"wrong_password\"} 5",
            "centralino_store_degraded 1",
            "centralino_views_behind 1",
        ] {
            assert!(text.lines().any(|told| told == line), "`{line}` is not in:\n{text}");
        }
        assert!(text.lines().all(|line| line.starts_with("# ") || line.split(' ').count() == 2));
    }
}
