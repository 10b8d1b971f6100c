//! What is refused, and how clearly.

use std::net::UdpSocket;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use super::baresip::{Account, Baresip};
use super::exchange::Exchange;
use super::http;
use super::site::Site;
use super::tools::{self, Need};
use super::uac::Uac;

/// Longest wait for a response.
const SOON: Duration = Duration::from_secs(5);
/// Exit code of a wrong configuration.
const MISCONFIGURED: i32 = 2;

/// A trunk from where no test calls.
const TRUNK_ELSEWHERE: &str = "[[trunk]]\nname = \"altrove\"\nfrom = [\"192.0.2.0/24\"]\n";

/// It gave up with this code, and says all of these.
#[track_caller]
fn gave_up(output: &Output, code: i32, says: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    for word in says {
        assert!(told.contains(word), "`{word}` is not in:\n{told}");
    }
}

/// Whether a caller is answered.
fn answers(exchange: &Exchange) -> bool {
    let mut caller = Uac::new(exchange.sip, "0557000001", "055055");
    let answered = caller.dial(SOON) == Some(200);
    caller.hang_up();
    answered
}

#[test]
fn wrong_password_and_unknown_user_are_refused_alike() {
    let needs = [Need::Baresip];
    if !tools::ready("wrong_password_and_unknown_user_are_refused_alike", &needs) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let reaction = |user| {
        let phone = Baresip::start(&site, exchange.sip, &Account::operator(user, "sbagliata"));
        phone.registration(SOON)
    };
    let refused = reaction("seat01");
    // baresip tries the same password again and again, until it has used up its tries.
    assert!(refused.contains("401") || refused.contains("403"), "{refused}");
    assert_eq!(refused, reaction("nessuno"));
}

#[test]
fn caller_from_an_unknown_trunk_is_refused() {
    let site = Site::demo();
    site.configure("trunks.toml", TRUNK_ELSEWHERE);
    let exchange = Exchange::start(&site);
    // Challenged, whoever it claims to be: so that nobody learns which names are known here.
    assert_eq!(Uac::new(exchange.sip, "0552768224", "055055").dial(SOON), Some(401));
}

#[test]
fn caller_who_claims_to_be_a_seat_is_challenged_though_the_trunk_is_trusted() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let status = Uac::new(exchange.sip, "seat01", "055055").dial(SOON);
    assert!(matches!(status, Some(401 | 407)), "{status:?}");
}

#[test]
fn caller_who_cancels_at_once_gets_an_end_to_the_call_either_way() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    for n in 0..20 {
        let number = format!("05570001{n:02}");
        let status = Uac::new(exchange.sip, &number, "055055").dial_and_cancel(SOON);
        assert!(matches!(status, Some(200 | 487)), "{status:?}");
    }
    assert!(answers(&exchange));
}

#[test]
fn port_that_is_taken_stops_the_start_with_the_address() {
    let site = Site::demo();
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    gave_up(&Exchange::fail_to_start(&site, &address), MISCONFIGURED, &[&address]);
}

#[test]
fn mistakes_in_configuration_are_all_told_with_their_files() {
    let site = Site::demo();
    site.configure("queues.toml", "[[queue\n");
    site.configure("trunks.toml", "[[trunk]]\nname = \"x\"\nfrom = [\"300.0.0.0/8\"]\n");
    let output = Exchange::fail_to_start(&site, "127.0.0.1:0");
    gave_up(&output, MISCONFIGURED, &["queues.toml", "trunks.toml"]);
}

#[test]
fn prompts_that_are_missing_stop_the_start_with_their_paths() {
    let site = Site::demo();
    site.empty("sounds");
    gave_up(&Exchange::fail_to_start(&site, "127.0.0.1:0"), MISCONFIGURED, &["sounds/it/"]);
}

#[test]
fn data_directory_of_another_process_is_left_alone() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let output = Exchange::fail_to_start(&site, "127.0.0.1:0");
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains(site.path("data").to_string_lossy().as_ref()),
        "the directory is not named in:\n{told}"
    );
    assert!(answers(&exchange));
}

#[test]
fn torture_and_noise_leave_the_exchange_answering() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let torture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/torture/rfc4475");
    for file in std::fs::read_dir(torture).expect("it is in the repository").flatten() {
        let bytes = std::fs::read(file.path()).expect("it is in the repository");
        socket.send_to(&bytes, exchange.sip).expect("a datagram of less than 64 KiB");
        socket.send_to(&bytes[bytes.len() / 2..], exchange.sip).expect("a datagram of less than 64 KiB");
    }
    assert!(answers(&exchange));
}

#[test]
fn offer_that_makes_no_sense_is_refused_with_a_reason() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let garbage = "v=0\r\nm=audio nowhere RTP/AVP eight\r\n";
    let only_video =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 9 RTP/AVP 34\r\n";
    for (number, offer) in [("0557600001", garbage), ("0557600002", only_video)] {
        let status = Uac::new(exchange.sip, number, "055055").offering(offer).dial(SOON);
        assert!(matches!(status, Some(400 | 415 | 488)), "{offer}: {status:?}");
    }
    assert!(answers(&exchange));
}

#[test]
fn health_is_for_everybody_and_the_rest_is_for_those_with_the_token() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    for page in ["/health/live", "/health/ready"] {
        assert_eq!(http::status(exchange.http, page), Some(200), "{page}");
    }
    for page in ["/metrics", "/api/state"] {
        let status = http::status(exchange.http, page);
        assert!(matches!(status, Some(401 | 403)), "{page}: {status:?}");
    }
}
