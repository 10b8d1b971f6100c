//! Who is let in: whoever shows the token, asks for this server by its own name, and is no page of another site.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq;

use super::{Pages, Refusal};

/// Lets a request through, or says why not.
pub(super) async fn guard(
    Shared(pages): Shared<Arc<Pages>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    check_form(&request, pages.address)?;
    check(request.headers(), pages.address, &pages.token)?;
    Ok(next.run(request).await)
}

/// What two readers of one request could read differently is not served (RFC 9112 section 3.2): a header that decides and stands
/// there twice, a target with a host of its own. Bodies with two lengths, or one beside chunks, never get past hyper.
fn check_form(request: &Request, address: SocketAddr) -> Result<(), Refusal> {
    let headers = request.headers();
    for name in [header::HOST, header::ORIGIN, header::AUTHORIZATION] {
        if headers.get_all(&name).iter().nth(1).is_some() {
            return Err(Refusal(StatusCode::BAD_REQUEST, format!("the header `{name}` stands there twice")));
        }
    }
    if request.uri().authority().is_some_and(|authority| !is_ours(authority.as_str(), address)) {
        let hint = format!("ask for this server by its address, {address}");
        return Err(Refusal(StatusCode::MISDIRECTED_REQUEST, hint));
    }
    Ok(())
}

fn check(headers: &HeaderMap, address: SocketAddr, token: &str) -> Result<(), Refusal> {
    let field = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if !field(header::HOST).is_some_and(|host| is_ours(host, address)) {
        let hint = format!("ask for this server by its address, {address}");
        return Err(Refusal(StatusCode::MISDIRECTED_REQUEST, hint));
    }
    let ours = |origin: &str| origin.strip_prefix("http://").is_some_and(|host| is_ours(host, address));
    // Present but unreadable is not ours either.
    if headers.contains_key(header::ORIGIN) && !field(header::ORIGIN).is_some_and(ours) {
        let why = "this server does not serve pages of other sites";
        return Err(Refusal(StatusCode::FORBIDDEN, why.to_owned()));
    }
    let shown =
        field(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !bool::from(shown.as_bytes().ct_eq(token.as_bytes())) {
        let hint =
            "send `Authorization: Bearer TOKEN`; the token is in the file http-token of the data directory";
        return Err(Refusal(StatusCode::UNAUTHORIZED, hint.to_owned()));
    }
    Ok(())
}

fn is_ours(host: &str, address: SocketAddr) -> bool {
    host == address.to_string() || host == format!("localhost:{}", address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_in_two_ways_is_not_served() {
        let address = "127.0.0.1:8080";
        type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], Option<u16>);
        let rows: [Row<'_>; 6] = [
            ("/metrics", &[("host", address)], None),
            ("http://127.0.0.1:8080/metrics", &[("host", address)], None),
            ("http://evil.example/metrics", &[("host", address)], Some(421)),
            ("/metrics", &[("host", address), ("host", "evil.example")], Some(400)),
            ("/metrics", &[("authorization", "Bearer a"), ("authorization", "Bearer b")], Some(400)),
            ("/metrics", &[("origin", "null"), ("origin", "http://127.0.0.1:8080")], Some(400)),
        ];
        for (target, fields, refused) in rows {
            let request = fields
                .iter()
                .fold(Request::builder().uri(target), |request, (name, value)| request.header(*name, *value));
            let request = request.body(axum::body::Body::empty()).expect("a request");
            let checked = check_form(&request, address.parse().expect("an address"));
            assert_eq!(
                checked.err().map(|Refusal(status, _)| status.as_u16()),
                refused,
                "{target} {fields:?}"
            );
        }
    }

    #[test]
    fn token_host_and_origin_must_all_be_right() {
        let good = [("host", "127.0.0.1:8080"), ("authorization", "Bearer secret")];
        let with = |name: &'static str, value: &'static str| {
            let others = good.into_iter().filter(move |(known, _)| *known != name);
            others.chain([(name, value)]).filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>()
        };
        let rows = [
            (good.to_vec(), None),
            (with("host", "localhost:8080"), None),
            (with("origin", "http://127.0.0.1:8080"), None),
            (with("host", ""), Some(421)),
            (with("host", "evil.example:8080"), Some(421)),
            (with("host", "127.0.0.1"), Some(421)),
            (with("origin", "http://evil.example"), Some(403)),
            (with("origin", "https://127.0.0.1:8080"), Some(403)),
            (with("origin", "null"), Some(403)),
            (with("authorization", ""), Some(401)),
            (with("authorization", "Bearer "), Some(401)),
            (with("authorization", "Bearer secre"), Some(401)),
            (with("authorization", "Basic secret"), Some(401)),
        ];
        for (fields, refused) in rows {
            let headers = fields
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a header")))
                .collect();
            let checked = check(&headers, "127.0.0.1:8080".parse().expect("an address"), "secret");
            assert_eq!(checked.err().map(|Refusal(status, _)| status.as_u16()), refused, "{fields:?}");
        }
    }
}
