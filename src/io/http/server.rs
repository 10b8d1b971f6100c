//! Connections of the HTTP server, each with bounds of its own: a slow or hostile client ties up neither a place for long nor memory
//! without end.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Connections at once; further ones wait in the system's queue until one ends.
const MAX_CONNECTIONS: usize = 64;
/// Largest head of a request: its line and all its headers.
const MAX_HEAD: usize = 16 * 1024;
/// How long a client may take to send the head of a request, and how long a connection may lie idle.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
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

async fn accept(listener: TcpListener, router: Router) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return Ok(()) };
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    serve(stream, router).await;
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

async fn serve(stream: TcpStream, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Ok(Err(error)) = tokio::time::timeout(CONNECTION_WITHIN, connection).await {
        tracing::debug!(%error, "an HTTP connection ended badly");
    }
}
