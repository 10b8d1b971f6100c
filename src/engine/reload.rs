//! Other files while calls are in course: configuration, flows and sounds as they are now.
//!
//! They have been checked as for a start. A call finishes on the flow and the sounds that it began with; places, statuses, wrap-ups and counters
//! stay. `engine.toml` is about the machine, and waits for the next start.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Config;
use crate::flow::Flow;
use crate::flow::published::Version;
use crate::ids::{FlowId, QueueId};
use crate::journal::entry::Fact;
use crate::media::library::SoundLibrary;
use crate::time::Now;

use super::command::{Reply, RequestId};
use super::gate::Held;
use super::placing::AskedQueues;
use super::{Engine, Output, sip_settings};

/// What a start reads, read again.
#[derive(Clone, Debug)]
pub struct Files {
    /// Checked configuration.
    pub config: Arc<Config>,
    /// Compiled flows.
    pub flows: BTreeMap<FlowId, Arc<Flow>>,
    /// Every sound.
    pub sounds: Arc<SoundLibrary>,
    /// The version of a flow that comes into force with them: it is put on record.
    pub published: Option<Version>,
}

impl Engine {
    /// Go on with these files; the answer to who published a flow waits until that is written down.
    pub(super) fn command_reload(&mut self, now: Now, request: RequestId, mut files: Files) {
        let published = files.published.take();
        let reply = self.reload(now, files);
        let Some(Version { flow, version, change, sha256, comment, by, .. }) = published else {
            return self.outputs.push_back(Output::Reply(request, reply));
        };
        let fact = Fact::FlowChanged { flow, version, change, sha256, comment, by, found: false };
        let lsn = self.append_as(now, fact, true);
        self.gate.hold_until_written(lsn, Held::Reply(request));
    }

    /// Versions that a start finds kept and not on record: the exchange ended before it could write them down, and they are in force.
    pub(super) fn tell_versions(&mut self, now: Now, known: &BTreeMap<FlowId, u32>, kept: Vec<Version>) {
        let is_new = |kept: &Version| known.get(&kept.flow).is_none_or(|last| *last < kept.version);
        for Version { flow, version, change, sha256, comment, by, .. } in kept.into_iter().filter(is_new) {
            tracing::warn!(%flow, version, "a version of the flow was kept and not on record; it is now");
            self.append(now, Fact::FlowChanged { flow, version, change, sha256, comment, by, found: true });
        }
    }

    fn reload(&mut self, now: Now, files: Files) -> Reply {
        let Files { config, flows, sounds, published: _ } = files;
        let mut config = Arc::unwrap_or_clone(config);
        let later = config.engine != self.config.engine;
        config.engine = self.config.engine.clone();
        (self.config, self.flows, self.sounds) = (Arc::new(config), flows, sounds);

        self.sip.trust(sip_settings(&self.config));
        self.calendars = self.config.calendars.clone();
        self.publish_switches(now);
        self.reload_callbacks();
        // Calls in course finish on the flows they began with, which may ask for others.
        self.asked_queues = AskedQueues::of(&self.config, &self.flows).beside(&self.asked_queues);
        // What was expected of a queue holds until the next estimate.
        let before = std::mem::take(&mut self.queue_facts);
        let facts = |id: &QueueId| before.get(id).copied().unwrap_or_default();
        self.queue_facts = self.config.queues.keys().map(|id| (id.clone(), facts(id))).collect();
        self.tell_rules(now, "reload");
        Reply::Reloaded { later }
    }
}
