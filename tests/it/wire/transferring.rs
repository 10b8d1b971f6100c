//! A citizen whom a flow gives to a number: the exchange calls it by a trunk, over either transport, and both hear each other.

use std::time::Duration;

use super::contacts::{self, text};
use super::exchange::Exchange;
use super::sipp::{self, Citizen, Transport};
use super::site::Site;
use super::talking::{Talk, recorded_two_way, talk_for_a_while};
use super::tap::Tap;
use super::tools::{self, Need};
use super::voice::Voice;
use crate::scenarios_transfer;

/// How long the citizen stays.
const PATIENCE: Duration = Duration::from_secs(12);

#[test]
fn citizen_given_to_a_number_and_whoever_answers_there_hear_each_other_and_are_recorded() {
    let test = "citizen_given_to_a_number_and_whoever_answers_there_hear_each_other_and_are_recorded";
    if !tools::ready(test, &[Need::Sipp, Need::RawSockets]) {
        return;
    }
    for (transport, parameter) in [(Transport::Udp, ""), (Transport::Tcp, ";transport=tcp")] {
        // A short word in the place of the long greeting.
        let flow = scenarios_transfer::FLOW.replace("prompt: benvenuto,", "prompt: grazie,");
        let site = Site::demo().with_flow(&flow);
        let mut office = sipp::gateway(&site, transport, &Voice::tone(1500, 60_000));
        let trunk = format!(
            "[[trunk]]\nname = \"demo\"\nfrom = [\"127.0.0.0/8\"]\n[trunk.outgoing]\nto = \"sip:127.0.0.1:{}{parameter}\"\n\
             number = \"0552768224\"\n",
            office.sip_port
        );
        site.configure("trunks.toml", &trunk);
        let exchange = Exchange::start(&site);
        let voice = Voice::tone(1000, 60_000);
        let (number, scenario) = ("3331234567", "hang-up");
        let citizen = Citizen { number, scenario, transport, voice: &voice, patience: PATIENCE };
        let mut caller = citizen.dial(&site, exchange.sip, "055055");
        let tap = Tap::on(&[caller.media_port, office.media_port]);
        talk_for_a_while(&tap, caller.media_port, 1500);
        caller.ended_well();
        office.ended_well();
        let (at_citizen, at_office) = (tap.played_at(caller.media_port), tap.played_at(office.media_port));
        Talk { citizen: &at_citizen, operator: &at_office }.is_two_way();
        transferred_and_recorded(&site, &exchange);
    }
}

/// The contact of the only call, and its recording: citizen left, whoever was called right.
fn transferred_and_recorded(site: &Site, exchange: &Exchange) {
    let contact = contacts::when_ended(site, exchange.http, 1).remove(0);
    assert_eq!(
        (text(&contact, "outcome"), text(&contact, "ended_by")),
        ("transferred", "citizen"),
        "{contact}"
    );
    assert_eq!(text(&contact, "transferred_to"), "+390557954", "{contact}");
    recorded_two_way(site, &contact);
}
