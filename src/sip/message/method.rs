//! Request methods: case matters (RFC 3261 section 7.1), and unknown ones are kept as they came.

use std::fmt;

macro_rules! methods {
    ($($variant:ident $text:literal;)*) => {
        /// The method of a request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Method<'a> {
            $(#[doc = concat!("`", $text, "`.")] $variant,)*
            /// A method that the exchange does not know, as it came.
            Other(&'a [u8]),
        }

        impl<'a> Method<'a> {
            /// Reads a method; there is no wrong one here.
            pub fn from_bytes(text: &'a [u8]) -> Method<'a> {
                $(if text == $text.as_bytes() { return Method::$variant; })*
                Method::Other(text)
            }

            /// As it is written on the wire.
            pub fn as_bytes(&self) -> &'a [u8] {
                match self {
                    $(Method::$variant => $text.as_bytes(),)*
                    Method::Other(text) => text,
                }
            }
        }
    };
}

methods! {
    Invite "INVITE";
    Ack "ACK";
    Bye "BYE";
    Cancel "CANCEL";
    Options "OPTIONS";
    Register "REGISTER";
    Update "UPDATE";
    Info "INFO";
    Prack "PRACK";
    Refer "REFER";
    Notify "NOTIFY";
    Subscribe "SUBSCRIBE";
    Message "MESSAGE";
    Publish "PUBLISH";
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().escape_ascii().fmt(f)
    }
}
