//! What every world is made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use centralino::config::{Config, Gateway};
use centralino::flow::Flow;
use centralino::ids::FlowId;
use centralino::media::library::SoundLibrary;
use centralino::media::{Codec, Sound};
use centralino::sip::{Link, Transport};

use super::phone::{EXCHANGE, Phone, PhoneId};

/// What every world is made of: the demo's own configuration, flows and sounds, read once.
pub(crate) struct Setting {
    pub(crate) config: Arc<Config>,
    pub(crate) flows: BTreeMap<FlowId, Arc<Flow>>,
    pub(crate) sounds: Arc<SoundLibrary>,
}

impl Setting {
    /// `config/`, `ivr-flows/` and `sounds/` of the project.
    pub(crate) fn demo() -> &'static Setting {
        static DEMO: OnceLock<Setting> = OnceLock::new();
        DEMO.get_or_init(|| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let loaded = centralino::io::setup::load(&root.join("config")).expect("the demo has no fault");
            Setting { config: Arc::new(loaded.config), flows: loaded.flows, sounds: Arc::new(loaded.sounds) }
        })
    }

    /// The same, with another flow behind 055055.
    pub(crate) fn with_flow(&self, text: &str) -> Setting {
        let environment = centralino::io::setup::environment(&self.config, &self.sounds);
        let flow = Flow::parse(text, "scenario.yaml", &environment);
        let flow = flow.unwrap_or_else(|faults| {
            panic!("{}", faults.iter().map(|f| format!("{f}\n")).collect::<String>())
        });
        let mut flows = self.flows.clone();
        flows.insert(flow.id().clone(), Arc::new(flow));
        Setting { config: self.config.clone(), flows, sounds: self.sounds.clone() }
    }

    /// The same, without the sounds whose names begin like one of these.
    pub(crate) fn without_sounds(&self, missing: &[&str]) -> Setting {
        let mut sounds = SoundLibrary::default();
        for name in self.sounds.names().filter(|name| !missing.iter().any(|gone| name.starts_with(gone))) {
            let sound = self.sounds.find(name).expect("it has this name");
            let samples: Vec<i16> = sound.pcma.iter().map(|octet| Codec::Pcma.decode(*octet)).collect();
            sounds.insert(Sound::encode(name, &samples));
        }
        Setting { config: self.config.clone(), flows: self.flows.clone(), sounds: Arc::new(sounds) }
    }

    /// The same, with a second of silence by this name.
    pub(crate) fn with_sound(&self, name: &str) -> Setting {
        let mut setting = self.without_sounds(&[]);
        let sounds = Arc::get_mut(&mut setting.sounds).expect("they have just been made");
        sounds.insert(Sound::encode(name, &[0; 8_000]));
        setting
    }

    /// The same, with another configuration.
    pub(crate) fn with_config(&self, change: impl FnOnce(&mut Config)) -> Setting {
        let mut config = (*self.config).clone();
        change(&mut config);
        Setting { config: Arc::new(config), flows: self.flows.clone(), sounds: self.sounds.clone() }
    }

    /// The same with a way out: the trunk `demo` calls the world's first phone, which `Sim::gateway` sets up.
    pub(crate) fn with_gateway(&self) -> Setting {
        self.with_config(|config| {
            let gateway = Gateway {
                host: "gw.example".to_owned(),
                port: 5060,
                transport: Transport::Udp,
                link: Some(Link {
                    transport: Transport::Udp,
                    local: EXCHANGE,
                    remote: Phone::address_of(PhoneId(1)),
                }),
                number: "+390552768224".to_owned(),
                display: Some("Linea Comune".to_owned()),
                credentials: None,
                prefixes: Vec::new(),
                dials_national: true,
                record: true,
                emergency: false,
            };
            config.trunks.iter_mut().for_each(|trunk| trunk.outgoing = Some(gateway.clone()));
        })
    }

    /// The same with so many ways out, each of which calls a phone of its own, `Sim::outside` by `Sim::outside`: numbers at the third
    /// begin with 3332.
    pub(crate) fn with_lines(&self, lines: u16) -> Setting {
        self.with_gateway().with_config(|config| {
            let demo = config.trunks.remove(0);
            for line in 0..lines {
                let mut trunk = demo.clone();
                trunk.name = format!("linea{line}").into();
                if let Some(way) = &mut trunk.outgoing {
                    way.prefixes = vec![format!("+39333{line}")];
                    let remote = Phone::address_of(PhoneId(line + 1));
                    way.link = way.link.map(|link| Link { local: EXCHANGE, remote, ..link });
                }
                config.trunks.push(trunk);
            }
            config.trunks.push(demo);
        })
    }

    /// The same with another way out.
    pub(crate) fn with_way_out(&self, change: impl Fn(&mut Gateway)) -> Setting {
        self.with_config(|config| {
            config.trunks.iter_mut().filter_map(|trunk| trunk.outgoing.as_mut()).for_each(change)
        })
    }
}
