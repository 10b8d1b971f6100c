//! The phone's side: the answer to a challenge.

use super::params::Params;
use super::{Algorithm, Input};

/// Who answers, and to which request.
pub(crate) struct Answering<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) method: &'a [u8],
    /// The Request-URI.
    pub(crate) uri: &'a [u8],
    /// How often this nonce has been used, this time included.
    pub(crate) nc: u32,
    pub(crate) cnonce: &'a str,
}

/// A value for Authorization or Proxy-Authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) value: String,
    /// The challenge said that only the nonce was at fault.
    pub(crate) stale: bool,
}

/// Answers the first of the challenges that can be answered (the server lists its favourite first). `None` when there is none.
pub(crate) fn answer<'a>(
    challenges: impl Iterator<Item = &'a [u8]>,
    answering: &Answering<'_>,
) -> Option<Answer> {
    challenges.filter_map(Params::parse).find_map(|params| answer_one(&params, answering))
}

fn answer_one(params: &Params<'_>, answering: &Answering<'_>) -> Option<Answer> {
    let algorithm = Algorithm::named(params.named("algorithm"))?;
    let (realm, nonce) = (params.named("realm")?, params.named("nonce")?);
    let with_qop = match params.named("qop") {
        Some(offered) => {
            let mut options = offered.split(|&b| b == b',').map(<[u8]>::trim_ascii);
            options.find(|option| option.eq_ignore_ascii_case(b"auth"))?;
            true
        }
        None => false,
    };
    let nc = format!("{:08x}", answering.nc);
    let input = Input {
        algorithm,
        username: answering.user.as_bytes(),
        realm,
        password: answering.password.as_bytes(),
        method: answering.method,
        uri: answering.uri,
        nonce,
        auth: with_qop.then_some((nc.as_bytes(), answering.cnonce.as_bytes())),
    };
    let mut value = format!(
        "Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\", algorithm={}",
        quoted(answering.user.as_bytes())?,
        quoted(realm)?,
        quoted(nonce)?,
        quoted(answering.uri)?,
        input.response(),
        algorithm.token(),
    );
    if with_qop {
        value.push_str(&format!(", qop=auth, nc={nc}, cnonce=\"{}\"", answering.cnonce));
    }
    if let Some(opaque) = params.named("opaque") {
        value.push_str(", opaque=");
        value.push_str(&quoted(opaque)?);
    }
    let stale = params.named("stale").is_some_and(|stale| stale.eq_ignore_ascii_case(b"true"));
    Some(Answer { value, stale })
}

/// As a quoted string. `None` for what cannot be sent back as text.
fn quoted(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| !text.contains(['\r', '\n']))?;
    Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: Answering<'static> = Answering {
        user: "bob",
        password: "zanzibar",
        method: b"REGISTER",
        uri: b"sip:ss2.biloxi.example.com",
        nc: 1,
        cnonce: "0a4f113b",
    };

    #[test]
    fn the_first_challenge_that_can_be_answered_is() {
        let challenges: [&[u8]; 3] = [
            br#"Basic realm="x""#,
            br#"Digest realm="x", nonce="n", algorithm=SHA-512-256, qop="auth""#,
            br#"Digest realm="x", nonce="n2", algorithm=MD5, qop="auth-int, auth", opaque="o", stale=TRUE"#,
        ];
        let answer = answer(challenges.into_iter(), &PHONE).unwrap();
        assert!(answer.stale);
        for part in [r#"nonce="n2""#, "qop=auth, nc=00000001", r#"opaque="o""#, "algorithm=MD5"] {
            assert!(answer.value.contains(part), "{}", answer.value);
        }
    }

    #[test]
    fn a_challenge_without_qop_is_answered_the_old_way() {
        let challenge: &[u8] = br#"Digest realm="biloxi", nonce="ea9c""#;
        let answer = answer([challenge].into_iter(), &PHONE).unwrap();
        assert!(!answer.value.contains("nc=") && !answer.value.contains("cnonce"));
    }

    #[test]
    fn a_challenge_with_a_line_break_is_not_answered() {
        let challenge: &[u8] = b"Digest realm=\"x\r\nEvil: 1\", nonce=\"n\"";
        assert!(answer([challenge].into_iter(), &PHONE).is_none());
    }
}
