//! Disks that do not do what they should.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::contacts;
use super::exchange::Exchange;
use super::http;
use super::patience::wait_for;
use super::site::Site;
use super::tools::{self, Need};
use super::uac::Uac;

/// Longest wait for a response.
const SOON: Duration = Duration::from_secs(5);
/// Room for the exchange to start in.
const DISK: &str = "size=64m";
/// Settings of a directory that nobody may write to.
const READ_ONLY: &str = "size=64m,ro";

/// A file system in memory, unmounted on drop.
pub(super) struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf, options: &str) -> Option<SmallDisk> {
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&at).output().ok()?;
        mounted.status.success().then_some(SmallDisk(at))
    }

    /// Whether this machine permits it.
    pub(super) fn is_permitted() -> bool {
        tempfile::tempdir().is_ok_and(|directory| SmallDisk::mount(directory.path().into(), DISK).is_some())
    }

    /// Leaves no room on it.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.0.join("filler")).expect("there is room for a name");
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    /// Gives it back.
    fn empty(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the exchange may still be closing its files.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn data_disk(site: &Site, options: &str) -> SmallDisk {
    SmallDisk::mount(site.directory("data"), options).expect("checked by the test's needs")
}

#[track_caller]
fn refused_naming(site: &Site, path: &Path) {
    let output = Exchange::fail_to_start(site, "127.0.0.1:0");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && !told.contains("panicked"), "{told}");
    assert!(told.contains(path.to_string_lossy().as_ref()), "{} is not named in:\n{told}", path.display());
}

#[test]
fn callers_are_still_answered_when_the_disk_is_full_and_the_health_page_says_so() {
    let test = "callers_are_still_answered_when_the_disk_is_full_and_the_health_page_says_so";
    if !tools::ready(test, &[Need::Mounts]) {
        return;
    }
    let site = Site::demo();
    let disk = data_disk(&site, DISK);
    let exchange = Exchange::start(&site);
    assert_eq!(http::status(exchange.http, "/health/ready"), Some(200));
    disk.fill();
    let mut calls = 0..;
    wait_for("the health page to say that the store does not keep up", Duration::from_secs(30), || {
        let number = format!("05574{:05}", calls.next()?);
        let mut caller = Uac::new(exchange.sip, &number, "055055");
        assert_eq!(caller.dial(SOON), Some(200));
        caller.hang_up();
        (http::status(exchange.http, "/health/ready") == Some(503)).then_some(())
    });
    assert_eq!(Uac::new(exchange.sip, "0557499999", "055055").dial(SOON), Some(200));
    assert_eq!(http::status(exchange.http, "/health/live"), Some(200));
}

#[test]
fn calls_of_a_time_with_a_full_disk_are_listed_once_there_is_room_again() {
    let test = "calls_of_a_time_with_a_full_disk_are_listed_once_there_is_room_again";
    if !tools::ready(test, &[Need::Mounts]) {
        return;
    }
    let site = Site::demo();
    let disk = data_disk(&site, DISK);
    let exchange = Exchange::start(&site);
    disk.fill();
    let patience = Duration::from_secs(30);
    let mut calls = 0;
    wait_for("the health page to say that the store does not keep up", patience, || {
        calls += 1;
        let mut caller = Uac::new(exchange.sip, &format!("05575{calls:05}"), "055055");
        assert_eq!(caller.dial(SOON), Some(200));
        caller.hang_up();
        (http::status(exchange.http, "/health/ready") == Some(503)).then_some(())
    });
    disk.empty();
    wait_for("the health page to say that all is well", patience, || {
        (http::text(exchange.http, "/health/ready")? == "ready\n").then_some(())
    });
    assert_eq!(contacts::when_ended(&site, exchange.http, calls).len(), calls);
}

#[test]
fn data_directory_that_cannot_be_written_stops_the_start_with_its_path() {
    let test = "data_directory_that_cannot_be_written_stops_the_start_with_its_path";
    if !tools::ready(test, &[Need::Mounts]) {
        return;
    }
    let site = Site::demo();
    let _disk = data_disk(&site, READ_ONLY);
    refused_naming(&site, &site.path("data"));
}

#[test]
fn file_in_the_place_of_the_data_directory_stops_the_start_with_its_path() {
    let site = Site::demo();
    std::fs::write(site.path("data"), "not a directory").expect("the test's directory can be written");
    refused_naming(&site, &site.path("data"));
}
