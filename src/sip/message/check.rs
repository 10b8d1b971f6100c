//! What a message must have before a transaction takes it (RFC 3261 sections 8.1.1, 8.2 and 20).

use super::{Fault, Message, Method, Name, NameAddr, Uri};

/// Fields that hold one value and may stand once.
const SINGLE: &[Name] = &[
    Name::From,
    Name::To,
    Name::CallId,
    Name::CSeq,
    Name::MaxForwards,
    Name::ContentLength,
    Name::ContentType,
    Name::Expires,
];

impl Message {
    /// Everything that the layers above rely on is there, once, and can be read. A missing Max-Forwards and a From without
    /// tag are let pass: RFC 2543 knew neither.
    pub fn check(&self) -> Result<(), Fault> {
        self.check_repetitions()?;
        let via = self.top_via();
        if self.is_request() {
            self.check_request()?;
        }
        via?;
        self.from()?.uri().ok_or(Fault::Malformed(Name::From))?;
        self.to()?.uri().ok_or(Fault::Malformed(Name::To))?;
        self.call_id()?;
        self.cseq()?;
        self.check_contacts()
    }

    fn check_request(&self) -> Result<(), Fault> {
        Uri::parse(self.request_uri()).ok_or(Fault::RequestUri)?;
        if self.cseq()?.method != self.method() {
            return Err(Fault::MethodMismatch);
        }
        self.max_forwards().map(|_| ())
    }

    /// A request that names two callers is two requests to whoever reads the other one.
    fn check_repetitions(&self) -> Result<(), Fault> {
        let mut seen = 0u64;
        for (name, ..) in self.all_fields() {
            if let Some(place) = SINGLE.iter().position(|&single| single == name) {
                if seen & (1 << place) != 0 {
                    return Err(Fault::Repeated(name));
                }
                seen |= 1 << place;
            }
        }
        Ok(())
    }

    fn check_contacts(&self) -> Result<(), Fault> {
        let first = Some(self.contact()).filter(|first| *first != Err(Fault::Missing(Name::Contact)));
        let others = self.headers(Name::Contact).skip(1);
        let others = others.map(|value| NameAddr::parse(value).ok_or(Fault::Malformed(Name::Contact)));
        for contact in first.into_iter().chain(others) {
            let contact = contact?;
            let star = contact.is_star() && self.method() == Method::Register;
            if !star && contact.uri().is_none() {
                return Err(Fault::Malformed(Name::Contact));
            }
        }
        Ok(())
    }
}
