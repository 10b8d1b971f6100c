//! Where the trunks' servers are that calls go out to: names are looked up at the start and at each reload.
//!
//! One that is not found refuses no start, because calls must come in also while the name service is away; flows that need it then
//! take their `error` exit. A reload keeps the address that was found before: it was good a moment ago, and who changes an opening
//! hour while the name service is away must not lose the way out.

use std::net::{SocketAddr, ToSocketAddrs};

use super::sip::route_to;
use crate::config::{Gateway, Trunk};
use crate::sip::Link;

/// Finds them all; `sip` is where we listen, `running` the trunks in use: none at the start.
pub fn find(trunks: &mut [Trunk], sip: SocketAddr, running: &[Trunk]) {
    for trunk in trunks {
        let Some(gateway) = trunk.outgoing.as_mut() else { continue };
        gateway.link = link(gateway, sip);
        if gateway.link.is_some() {
            continue;
        }
        let before = running.iter().find(|other| other.name == trunk.name);
        gateway.link =
            before.and_then(|trunk| trunk.outgoing.as_ref()).and_then(|other| link_of(other, gateway));
        let (trunk, host) = (&trunk.name, &gateway.host);
        match gateway.link {
            Some(Link { remote, .. }) => {
                tracing::warn!(%trunk, %host, %remote, "its server is not found now; calls go out to where it was before");
            }
            None => tracing::error!(
                %trunk, %host,
                "its server is not found, and no call goes out by it; mend `to` in trunks.toml or the name service, and reload"
            ),
        }
    }
}

/// The address of a way out that was found before, if it leads to the same server.
fn link_of(before: &Gateway, now: &Gateway) -> Option<Link> {
    let server = |gateway: &Gateway| (gateway.host.clone(), gateway.port, gateway.transport);
    before.link.filter(|_| server(before) == server(now))
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
            emergency: false,
        }
    }

    #[test]
    fn reload_keeps_the_way_to_a_server_whose_name_is_not_found_now_and_to_no_other() {
        let sip = "192.0.2.1:5060".parse().unwrap(); // no IPv6 server is found from there
        let link = Link { transport: Transport::Tcp, local: sip, remote: "192.0.2.7:5070".parse().unwrap() };
        let lost = || gateway("[::1]");
        let trunk = |name: &str, outgoing: Gateway| Trunk {
            name: name.into(),
            from: Vec::new(),
            media: [].into(),
            outgoing: Some(outgoing),
        };
        let running = [trunk("world", Gateway { link: Some(link), ..lost() })];
        for (name, now, running, expected) in [
            ("world", lost(), &running[..], Some(link)),
            ("world", Gateway { number: "056".to_owned(), ..lost() }, &running, Some(link)),
            ("world", lost(), &[], None), // a start
            ("other", lost(), &running, None),
            ("world", gateway("[::2]"), &running, None),
            ("world", Gateway { port: 5071, ..lost() }, &running, None),
            ("world", Gateway { transport: Transport::Udp, ..lost() }, &running, None),
        ] {
            let mut trunks = [trunk(name, now)];
            find(&mut trunks, sip, running);
            let found = trunks[0].outgoing.as_ref().unwrap();
            assert_eq!(found.link, expected, "{name} {found:?}");
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
