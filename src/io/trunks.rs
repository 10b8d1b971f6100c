//! Where the trunks' servers are that calls go out to: names are looked up once, at the start.
//!
//! One that is not found refuses no start, because calls must come in also while the name service is away; flows that need it then
//! take their `error` exit.

use std::net::{SocketAddr, ToSocketAddrs};

use super::sip::route_to;
use crate::config::{Config, Gateway};
use crate::sip::Link;

/// Finds them all; `sip` is where we listen.
pub fn find(config: &mut Config, sip: SocketAddr) {
    for trunk in &mut config.trunks {
        let Some(gateway) = trunk.outgoing.as_mut() else { continue };
        gateway.link = link(gateway, sip);
        if gateway.link.is_none() {
            tracing::error!(
                trunk = %trunk.name, host = %gateway.host,
                "its server is not found, and no call goes out by it; mend `to` in trunks.toml or the name service, and start again"
            );
        }
    }
}

/// The first address that can be reached from where we listen.
fn link(gateway: &Gateway, sip: SocketAddr) -> Option<Link> {
    let found = (gateway.host.trim_matches(['[', ']']), gateway.port).to_socket_addrs().ok()?;
    let is_ours = |remote: &SocketAddr| sip.is_ipv6() == remote.is_ipv6();
    let remote = found.into_iter().find(is_ours)?;
    let own = if sip.ip().is_unspecified() { route_to(remote)? } else { sip.ip() };
    Some(Link { transport: gateway.transport, local: SocketAddr::new(own, sip.port()), remote })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Transport;

    fn gateway(host: &str) -> Gateway {
        Gateway {
            host: host.to_owned(),
            port: 5070,
            transport: Transport::Tcp,
            link: None,
            number: "055".to_owned(),
            display: None,
            credentials: None,
            prefixes: Vec::new(),
            dials_national: false,
            record: true,
        }
    }

    #[test]
    fn server_is_found_in_our_own_family_of_addresses_or_not_at_all() {
        let (v4, v6) = ("192.0.2.1:5060".parse().unwrap(), "[::1]:5060".parse().unwrap());
        let link = Link { transport: Transport::Tcp, local: v4, remote: "192.0.2.7:5070".parse().unwrap() };
        assert_eq!(super::link(&gateway("192.0.2.7"), v4), Some(link));
        assert_eq!(super::link(&gateway("192.0.2.7"), v6), None);
        let remote = super::link(&gateway("[::1]"), v6).map(|link| link.remote);
        assert_eq!(remote, "[::1]:5070".parse().ok());
    }
}
