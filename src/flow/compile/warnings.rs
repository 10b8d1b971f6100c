//! What people would stumble over in a flow that runs: menus that are too long, notices that can be cut off, numbers that no trunk
//! leads to, queues that call nobody back.

use std::time::Duration;

use super::super::destinations::NoRoute;
use super::super::fault::{Fault, Faults, Place};
use super::super::grammar::Way;
use super::super::model::{Asked, Environment, Flow, Node, Step};
use super::super::prompt::Prompt;

/// Most choices that people keep in mind.
const MAX_CHOICES: usize = 5;
/// Longest menu that people listen to.
const MAX_SPEECH: Duration = Duration::from_secs(25);
/// Words of a notice that a call is recorded.
const RECORDING_NOTICES: [&str; 6] = [
    "può essere registrata",
    "viene registrata",
    "è registrata",
    "may be recorded",
    "is recorded",
    "are recorded",
];

/// Tells them.
pub(super) fn look(flow: &Flow, env: &Environment, warnings: &Faults) {
    let notices: Vec<bool> = flow.prompts.iter().map(says_recorded).collect();
    for (node, place) in flow.nodes.iter().zip(&flow.places) {
        match &node.step {
            Step::Request(request) => {
                let faults = [unreached(node, &request.asked, env), unpromised(node, &request.asked, env)];
                faults.into_iter().flatten().for_each(|fault| warnings.add(*place, fault));
            }
            Step::Menu { ask } => look_at_menu(node, flow.prompt(ask.prompt), *place, env, warnings),
            Step::Play { prompt, barge_in: true, notice }
                if *notice || notices.get(prompt.0) == Some(&true) =>
            {
                warnings.add(*place, Fault::BargedNotice(node.id.to_string()));
            }
            _ => {}
        }
    }
}

/// It promises a call of a queue that calls nobody back.
fn unpromised(node: &Node, asked: &Asked, env: &Environment) -> Option<Fault> {
    let Asked::Callback { queue, .. } = asked else { return None };
    let queue = queue.fixed_text().filter(|queue| !env.call_back.contains(*queue))?;
    Some(Fault::CallsNobodyBack { node: node.id.to_string(), queue: queue.to_owned() })
}

/// It calls a number, and no trunk leads out, or none to this number.
fn unreached(node: &Node, asked: &Asked, env: &Environment) -> Option<Fault> {
    let Asked::Transfer { number: Some(number), .. } = asked else { return None };
    let node = node.id.to_string();
    if env.reach.ways.is_empty() {
        return Some(Fault::NoWayOut(node));
    }
    let number = number.fixed_text()?;
    let unreached = env.reach.judge(number) == Err(NoRoute::NoTrunk);
    unreached.then(|| Fault::NoTrunk { node, number: number.to_owned() })
}

fn look_at_menu(node: &Node, prompt: &Prompt, place: Place, env: &Environment, warnings: &Faults) {
    let choices = node.ways.iter().filter(|(way, _)| matches!(way, Way::Key(_))).count();
    if choices > MAX_CHOICES {
        warnings.add(place, Fault::ManyChoices { node: node.id.to_string(), choices });
    }
    for language in prompt.spoken.keys() {
        let lengths = env.lengths.get(language);
        let sounds = prompt.sounds().filter(|(spoken, ..)| *spoken == language);
        let length: Duration = sounds.filter_map(|(_, sound, _)| lengths?.get(sound)).copied().sum();
        if length > MAX_SPEECH {
            let (node, language) = (node.id.to_string(), language.to_string());
            let seconds = length.as_secs();
            warnings.add(place, Fault::LongMenu { node, language, seconds });
        }
    }
}

fn says_recorded(prompt: &Prompt) -> bool {
    prompt.sounds().filter_map(|(.., text)| text).any(|text| {
        let text = text.to_lowercase();
        RECORDING_NOTICES.iter().any(|notice| text.contains(notice))
    })
}
