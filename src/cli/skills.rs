//! `centralino seat skills`: what whoever sits at a seat knows, and what a supervisor says of it.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::floor::Listed;
use super::out::{self, Format, numbers, or_dash, words};
use super::seat::seat_name;
use crate::engine::{SkillsOrder, SkillsPage};
use crate::ids::SkillId;

/// Arguments of `seat skills`.
#[derive(Debug, clap::Args)]
pub(super) struct SkillsArgs {
    /// Its name, such as seat01.
    #[arg(value_parser = seat_name)]
    seat: String,
    /// A skill and its level from now on, 1 to 9, or 0 for what is not known. May be given several times.
    #[arg(long, value_name = "SKILL=LEVEL", value_parser = level)]
    set: Vec<(SkillId, u8)>,
    /// As the configuration says again, before anything is set.
    #[arg(long)]
    reset: bool,
    /// Who does it; written down. Left out: whoever is logged in at this machine.
    #[arg(long)]
    by: Option<String>,
    /// What for; written down.
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    listed: Listed,
}

fn level(text: &str) -> Result<(SkillId, u8), String> {
    let read =
        text.split_once('=').and_then(|(skill, level)| Some((skill.trim(), level.trim().parse().ok()?)));
    let read = read.filter(|(skill, level)| !skill.is_empty() && *level <= 9);
    let (skill, level) = read.ok_or("write a skill and its level, 0 to 9, such as inglese=3")?;
    Ok((skill.into(), level))
}

/// Runs it.
pub(super) fn run(args: &SkillsArgs) -> Result<(), Failure> {
    let Listed { exchange, format } = &args.listed;
    let path = format!("/api/seats/{}/skills", args.seat);
    let page: SkillsPage = if args.set.is_empty() && !args.reset {
        exchange.client()?.get(&path, &()).map_err(Failure::other)?
    } else {
        let order = SkillsOrder {
            set: args.set.iter().cloned().collect(),
            reset: args.reset,
            by: args.by.clone().or_else(super::exchange::user),
            why: args.why.clone(),
        };
        exchange.client()?.order(&path, &order).map_err(Failure::other)?
    };
    if matches!(format, Format::Json) {
        return out::json(&page);
    }
    out::line(&out::printable(&headline(&page)))?;
    let columns = [words("skill"), numbers("level"), numbers("configured")];
    out::table(&columns, rows(&page), "no skills")
}

fn headline(page: &SkillsPage) -> String {
    let whose = page.operator.as_ref().map_or_else(String::new, |operator| format!(" ({operator})"));
    let how = match (page.changed, page.skills == page.configured) {
        (false, _) => "as the configuration says",
        (true, true) => {
            "set by a supervisor, and the configuration says the same; `--reset` leaves it to that"
        }
        (true, false) => {
            "set by a supervisor; the configuration says otherwise, and counts again after `--reset`"
        }
    };
    format!("{}{whose}: {how}", page.seat)
}

fn rows(page: &SkillsPage) -> Vec<Vec<String>> {
    let names: BTreeSet<_> = page.skills.keys().chain(page.configured.keys()).collect();
    let row = |name: &SkillId| {
        vec![name.to_string(), or_dash(page.skills.get(name)), or_dash(page.configured.get(name))]
    };
    names.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_supervisor_has_set_stands_beside_what_the_configuration_says() {
        let page = SkillsPage {
            seat: "seat07".into(),
            operator: Some("anna".into()),
            skills: [("inglese".into(), 3)].into(),
            configured: [("inglese".into(), 1), ("lis".into(), 2)].into(),
            changed: true,
        };
        assert_eq!(rows(&page), [["inglese", "3", "1"], ["lis", "-", "2"]]);
        assert!(
            headline(&page)
                .starts_with("seat07 (anna): set by a supervisor; the configuration says otherwise")
        );
    }

    #[test]
    fn level_is_a_skill_and_a_digit() {
        assert_eq!(level("lingua-en=3"), Ok(("lingua-en".into(), 3)));
        for wrong in ["", "inglese", "inglese=", "=3", "inglese=10", "inglese=-1"] {
            assert!(level(wrong).is_err(), "{wrong}");
        }
    }
}
