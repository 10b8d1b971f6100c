//! A web client of a few lines.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Status of a page, asked for without a token; `None`: no answer.
pub(super) fn status(server: SocketAddr, path: &str) -> Option<u16> {
    answer(server, path)?.get(..3)?.parse().ok()
}

/// What a page says, asked for without a token.
pub(super) fn text(server: SocketAddr, path: &str) -> Option<String> {
    Some(answer(server, path)?.split_once("\r\n\r\n")?.1.to_owned())
}

/// The answer from its status on.
fn answer(server: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(server).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    Some(response.strip_prefix("HTTP/1.1 ")?.to_owned())
}
