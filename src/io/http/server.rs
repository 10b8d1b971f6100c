//! Connections of the HTTP server, each with bounds of its own: a slow or hostile client ties up neither a place for long nor memory
//! without end. When all places are taken, a newcomer displaces the connection that has asked nothing for longest, once it had time to;
//! one whose request is being answered is left alone.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Connections at once; further ones wait until one ends or is displaced.
const MAX_CONNECTIONS: usize = 64;
/// Largest head of a request: its line and all its headers.
const MAX_HEAD: usize = 16 * 1024;
/// How long a client may take to send the head of a request, and how long a connection may lie idle.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection may ask nothing before a newcomer displaces it: more than its request needs to come.
const GRACE: Duration = Duration::from_millis(250);
/// How soon one that was displaced is gone.
const SETTLES: Duration = Duration::from_millis(10);
/// How long one connection may last, all its requests together.
const CONNECTION_WITHIN: Duration = Duration::from_secs(120);

/// Serves on a thread of its own, with its own runtime, until the process ends.
///
/// # Errors
/// The system gives no thread.
pub fn start(listener: TcpListener, router: Router) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = move || match runtime.block_on(accept(listener, router)) {
        Ok(()) => {}
        Err(error) => tracing::error!(%error, "HTTP is no longer served; calls go on"),
    };
    std::thread::Builder::new().name("http".to_owned()).spawn(run)?;
    Ok(())
}

/// The connections that are asking nothing, those that have done so for longest first.
#[derive(Default)]
struct Idle(Mutex<Places>);

#[derive(Default)]
struct Places {
    next: u64,
    /// Since when, and how each is told to go.
    idle: BTreeMap<u64, (Instant, Arc<Notify>)>,
}

impl Idle {
    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It asks nothing from now on; its number among the others.
    fn enter(&self, leave: &Arc<Notify>) -> u64 {
        let mut places = self.places();
        places.next += 1;
        let number = places.next;
        places.idle.insert(number, (Instant::now(), leave.clone()));
        number
    }

    /// It has asked something, or is over.
    fn remove(&self, number: u64) {
        self.places().idle.remove(&number);
    }

    /// Sends one away if it has had its time; how soon there may be another.
    fn displace_one(&self) -> Duration {
        let mut places = self.places();
        let Some(longest) = places.idle.first_entry() else { return GRACE };
        let had = longest.get().0.elapsed();
        if had >= GRACE {
            longest.remove().1.notify_one();
        }
        GRACE.saturating_sub(had)
    }

    /// A place, as soon as there is one.
    async fn place(&self, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        loop {
            let free = places.clone().acquire_owned();
            let again = if places.available_permits() == 0 { self.displace_one() } else { GRACE };
            if let Ok(place) = tokio::time::timeout(again.max(SETTLES), free).await {
                return place.ok();
            }
        }
    }
}

async fn accept(listener: TcpListener, router: Router) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let idle = Arc::new(Idle::default());
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let Some(place) = idle.place(&places).await else { return Ok(()) };
                let (router, idle) = (router.clone(), idle.clone());
                tokio::spawn(async move {
                    serve(stream, router, &idle).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back rather than spin.
                tracing::warn!(%error, "an HTTP connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router, idle: &Idle) {
    let leave = Arc::new(Notify::new());
    let number = AtomicU64::new(idle.enter(&leave));
    let pages = TowerToHyperService::new(router);
    let answer = |request| {
        idle.remove(number.load(Ordering::Relaxed));
        let (answer, leave, number) = (pages.call(request), &leave, &number);
        async move {
            let answer = answer.await;
            number.store(idle.enter(leave), Ordering::Relaxed);
            answer
        }
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    tokio::select! {
        ended = tokio::time::timeout(CONNECTION_WITHIN, connection) => if let Ok(Err(error)) = ended {
            tracing::debug!(%error, "an HTTP connection ended badly");
        },
        () = leave.notified() => {}
    }
    idle.remove(number.load(Ordering::Relaxed));
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use axum::routing::get;

    use super::*;

    #[test]
    fn who_asks_is_answered_while_others_hold_every_place_with_half_a_request() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        start(listener, Router::new().route("/", get(async || "here"))).expect("a thread");
        let half = || {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.write_all(b"GET / HTTP/1.1\r\nHost: ").expect("half a request");
            stream
        };
        let _held: Vec<_> = (0..MAX_CONNECTIONS).map(|_| half()).collect();
        let mut asks = TcpStream::connect(address).expect("one more");
        asks.set_read_timeout(Some(HEAD_WITHIN / 2)).expect("a time limit");
        asks.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("a request");
        let mut answer = String::new();
        asks.read_to_string(&mut answer).expect("an answer before any of the others has to give up");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
    }
}
