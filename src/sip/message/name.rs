//! Names of header fields: case does not matter, compact forms equal long ones (RFC 3261 section 7.3.3).

use std::fmt;

macro_rules! names {
    ($($variant:ident $text:literal $($compact:literal)?;)*) => {
        /// A header field that the exchange knows, or [`Name::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Name {
            $(#[doc = concat!("`", $text, "`.")] $variant,)*
            /// Any other; kept in the message under the name it came with, see `Message::header_other`.
            Other,
        }

        impl Name {
            /// The long form as it is written; empty for [`Name::Other`].
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Name::$variant => $text,)*
                    Name::Other => "",
                }
            }

            /// Reads a name in any case, long or compact.
            pub fn from_bytes(name: &[u8]) -> Name {
                if let [letter] = name {
                    return match letter.to_ascii_lowercase() {
                        $($($compact => Name::$variant,)?)*
                        _ => Name::Other,
                    };
                }
                let known = Name::of_length(name.len());
                known.iter().find(|(text, _)| name.eq_ignore_ascii_case(text)).map_or(Name::Other, |known| known.1)
            }

            const ALL: &[(&[u8], Name)] = &[$(($text.as_bytes(), Name::$variant),)*];
        }
    };
}

// By length, so that only a handful has to be compared; within a length the frequent ones first.
names! {
    To "To" b't';
    Via "Via" b'v';
    From "From" b'f';
    CSeq "CSeq";
    Date "Date";
    Path "Path";
    Allow "Allow" b'u';
    Route "Route";
    Event "Event" b'o';
    RSeq "RSeq";
    RAck "RAck";
    Accept "Accept";
    Reason "Reason";
    Server "Server";
    CallId "Call-ID" b'i';
    Contact "Contact" b'm';
    Expires "Expires";
    Require "Require";
    Subject "Subject" b's';
    Privacy "Privacy";
    Warning "Warning";
    ReferTo "Refer-To" b'r';
    Replaces "Replaces";
    Supported "Supported" b'k';
    Diversion "Diversion";
    UserAgent "User-Agent";
    AlertInfo "Alert-Info";
    ReferredBy "Referred-By" b'b';
    RetryAfter "Retry-After";
    MinExpires "Min-Expires";
    Unsupported "Unsupported";
    ContentType "Content-Type" b'c';
    MaxForwards "Max-Forwards";
    RecordRoute "Record-Route";
    Organization "Organization";
    Authorization "Authorization";
    ProxyRequire "Proxy-Require";
    ContentLength "Content-Length" b'l';
    SessionExpires "Session-Expires" b'x';
    WwwAuthenticate "WWW-Authenticate";
    ContentEncoding "Content-Encoding" b'e';
    ContentDisposition "Content-Disposition";
    ProxyAuthenticate "Proxy-Authenticate";
    AuthenticationInfo "Authentication-Info";
    PAssertedIdentity "P-Asserted-Identity";
    ProxyAuthorization "Proxy-Authorization";
}

/// The longest known name.
const LONGEST: usize = 19;

/// Where the names of each length begin and end in the list sorted by length.
const EMPTY: &[u8] = b"";

const SORTED: ([(&[u8], Name); Name::ALL.len()], [usize; LONGEST + 2]) = {
    let mut sorted = [(EMPTY, Name::Other); Name::ALL.len()];
    let mut starts = [0; LONGEST + 2];
    let (mut filled, mut length) = (0, 0);
    while length <= LONGEST {
        starts[length] = filled;
        let mut i = 0;
        while i < Name::ALL.len() {
            if Name::ALL[i].0.len() == length {
                sorted[filled] = Name::ALL[i];
                filled += 1;
            }
            i += 1;
        }
        length += 1;
    }
    starts[LONGEST + 1] = filled;
    assert!(filled == Name::ALL.len(), "LONGEST is too short");
    (sorted, starts)
};

impl Name {
    fn of_length(length: usize) -> &'static [(&'static [u8], Name)] {
        static TABLE: ([(&[u8], Name); Name::ALL.len()], [usize; LONGEST + 2]) = SORTED;
        if length > LONGEST { &[] } else { &TABLE.0[TABLE.1[length]..TABLE.1[length + 1]] }
    }

    /// The grammar makes a comma part two values of this field, as if each had a line of its own
    /// (RFC 3261 section 7.3.1). In the others a comma is text.
    pub fn is_list(self) -> bool {
        use Name::*;
        matches!(
            self,
            Via | Contact
                | Route
                | RecordRoute
                | Path
                | Allow
                | Supported
                | Unsupported
                | Require
                | ProxyRequire
                | Accept
                | ContentEncoding
                | AlertInfo
                | PAssertedIdentity
                | Diversion
                | Warning
                | Reason
        )
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Name::Other { "an unknown header field" } else { self.as_str() })
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn every_name_is_found_in_any_case() {
        for &(text, name) in Name::ALL {
            assert_eq!(Name::from_bytes(text), name);
            assert_eq!(Name::from_bytes(&text.to_ascii_uppercase()), name);
        }
    }

    #[test]
    fn compact_forms_equal_long_ones() {
        for (compact, name) in [
            ("v", Name::Via),
            ("F", Name::From),
            ("t", Name::To),
            ("I", Name::CallId),
            ("m", Name::Contact),
            ("l", Name::ContentLength),
            ("c", Name::ContentType),
            ("k", Name::Supported),
            ("s", Name::Subject),
            ("z", Name::Other),
        ] {
            assert_eq!(Name::from_bytes(compact.as_bytes()), name, "{compact}");
        }
    }
}
