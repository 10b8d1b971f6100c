//! Sealing: personal fields are unreadable without a key, and a key can be forgotten.
//!
//! Each contact has a key of its own, made when its first personal field is written. The field is sealed with
//! XChaCha20-Poly1305 and bound to its contact and its name, so that a sealed field moved elsewhere does not open. Keys lie
//! in the file `keys`, written in the same group *before* the entries they seal and synced with them. To erase is to rewrite
//! that file without the key: what stays in the journal is noise from then on.
//!
//! A citizen is found by number through a keyed hash (HMAC-SHA256 with the data directory's `secret`), so that no
//! index holds a number.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::Rng;
use rand::rngs::ChaCha20Rng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::entry::{Destination, Entry, Fact, Personal};
use crate::ids::ContactId;

const NONCE: usize = 24;

/// The key of one contact.
pub(super) type Key = [u8; 32];

/// The keyed hash of a number: finds a citizen without telling who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct NumberHash(pub [u8; 16]);

impl From<NumberHash> for String {
    fn from(hash: NumberHash) -> String {
        BASE64.encode(hash.0)
    }
}

impl TryFrom<String> for NumberHash {
    type Error = &'static str;
    fn try_from(text: String) -> Result<NumberHash, Self::Error> {
        let bytes = BASE64.decode(text).map_err(|_| "a number's hash is base64")?;
        bytes.try_into().map(NumberHash).map_err(|_| "a number's hash has 16 bytes")
    }
}

/// The keys of all contacts and the secret of the data directory; clones are the same keys.
#[derive(Clone)]
pub struct Keys {
    ring: Arc<RwLock<BTreeMap<ContactId, Key>>>,
    /// Has taken in the data directory's secret, which is half the work of a hash.
    mac: Arc<Hmac<Sha256>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    pub(super) fn new(ring: BTreeMap<ContactId, Key>, secret: Key) -> Keys {
        let mac = Hmac::new_from_slice(&secret).expect("HMAC takes keys of any length");
        Keys { ring: Arc::new(RwLock::new(ring)), mac: Arc::new(mac) }
    }

    /// The hash under which a number is found, whatever way it is written.
    pub fn hash(&self, number: &str) -> NumberHash {
        let mut mac = Hmac::clone(&self.mac);
        mac.update(plain_number(number).as_bytes());
        let full = mac.finalize().into_bytes();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        NumberHash(short)
    }

    /// Makes a field readable; `Erased` when the key is gone or the field is not what was sealed.
    pub fn unseal(&self, contact: ContactId, field: &str, personal: &Personal) -> Personal {
        let Personal::Sealed(text) = personal else { return personal.clone() };
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let open = || open(ring.get(&contact)?, contact, field, text);
        open().map_or(Personal::Erased, Personal::Clear)
    }

    /// The entry with its personal field readable.
    pub fn unseal_entry(&self, mut entry: Entry) -> Entry {
        if let Some((contact, field, personal)) = entry.fact.personal_mut() {
            *personal = self.unseal(contact, field, personal);
        }
        entry
    }

    pub(super) fn get(&self, contact: ContactId) -> Option<Key> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).get(&contact).copied()
    }

    pub(super) fn insert(&self, contact: ContactId, key: Key) {
        self.ring.write().unwrap_or_else(PoisonError::into_inner).insert(contact, key);
    }

    pub(super) fn remove(&self, contact: ContactId) -> bool {
        self.ring.write().unwrap_or_else(PoisonError::into_inner).remove(&contact).is_some()
    }

    pub(super) fn all(&self) -> BTreeMap<ContactId, Key> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn open(key: &Key, contact: ContactId, field: &str, text: &str) -> Option<String> {
    let bytes = BASE64.decode(text).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
    let aad = bound_to(contact, field);
    let payload = Payload { msg: sealed, aad: aad.as_bytes() };
    let clear = XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload).ok()?;
    String::from_utf8(clear).ok()
}

fn bound_to(contact: ContactId, field: &str) -> String {
    format!("{contact}|{field}")
}

/// Makes keys and seals with them. The generator must be seeded from the system's randomness in earnest.
#[derive(Debug)]
pub(super) struct Sealer {
    pub(super) keys: Keys,
    pub(super) rng: ChaCha20Rng,
}

impl Sealer {
    /// The entry as it may be written, and the key if it had to be made.
    pub(super) fn seal(&mut self, mut entry: Entry) -> (Entry, Option<(ContactId, Key)>) {
        let Some((contact, field, personal)) = entry.fact.personal_mut() else { return (entry, None) };
        let Personal::Clear(clear) = personal else { return (entry, None) };
        let known = self.keys.get(contact);
        let key = known.unwrap_or_else(|| self.random());
        let nonce: [u8; NONCE] = self.random();
        let aad = bound_to(contact, field);
        let payload = Payload { msg: clear.as_bytes(), aad: aad.as_bytes() };
        let sealed = XChaCha20Poly1305::new(&key.into()).encrypt(&XNonce::from(nonce), payload);
        *personal = match sealed {
            Ok(sealed) => Personal::Sealed(BASE64.encode([&nonce[..], &sealed].concat())),
            Err(_) => Personal::Erased, // only beyond 256 GiB
        };
        let made = known.is_none().then_some((contact, key));
        if let Some((contact, key)) = made {
            self.keys.insert(contact, key);
        }
        (entry, made)
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

impl Fact {
    /// The personal field, the contact whose key seals it, and the field's name. No fact has more than one.
    pub fn personal_mut(&mut self) -> Option<(ContactId, &'static str, &mut Personal)> {
        match self {
            Fact::CitizenFound { contact, number, .. } => Some((*contact, "number", number)),
            Fact::ContactOpened { contact, from, .. } => Some((*contact, "from", from)),
            Fact::Callback { contact, number: Some(number), .. } => Some((*contact, "callback", number)),
            Fact::MessageQueued { contact, letter, .. } => Some((*contact, "letter", letter)),
            Fact::Dialled { contact, to: Destination::Personal(number), .. }
            | Fact::NumberCalled { contact, number: Destination::Personal(number), .. }
            | Fact::Transferred { contact, number: Destination::Personal(number), .. } => {
                Some((*contact, "called", number))
            }
            Fact::DialogOpened { contact, record, .. } => Some((*contact, "record", record)),
            Fact::Noted { contact, note, .. } => Some((*contact, "note", note)),
            _ => None,
        }
    }
}

/// A number without its dress: digits only, Italy's prefix taken off where it is marked as a prefix. Both
/// `+39 055 2768224` and `0552768224` give `0552768224`.
pub fn plain_number(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let international = match (number.trim_start().starts_with('+'), digits.strip_prefix("00")) {
        (true, _) => Some(digits.as_str()),
        (false, stripped) => stripped,
    };
    match international {
        Some(rest) => rest.strip_prefix("39").map_or_else(|| format!("+{rest}"), str::to_owned),
        None if digits.is_empty() => number.to_owned(),
        None => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamp;
    use rand::SeedableRng;

    fn sealer() -> Sealer {
        Sealer { keys: Keys::new(BTreeMap::new(), [1; 32]), rng: ChaCha20Rng::seed_from_u64(1) }
    }

    fn contact(count: u32) -> ContactId {
        ContactId(Stamp { node: 1, epoch: 1, count })
    }

    fn found(count: u32, number: Personal) -> Entry {
        let citizen = crate::ids::CitizenId(contact(count).0);
        Entry { at_ms: 0, fact: Fact::CitizenFound { citizen, number, contact: contact(count) } }
    }

    #[test]
    fn sealed_field_opens_with_its_key_and_is_erased_without() {
        let mut sealer = sealer();
        let clear = found(1, Personal::Clear("+390552768224".to_owned()));
        let (sealed, made) = sealer.seal(clear.clone());
        assert!(made.is_some() && !serde_json::to_string(&sealed).unwrap().contains("2768224"));
        assert_eq!(sealer.keys.unseal_entry(sealed.clone()), clear);
        assert!(sealer.keys.remove(contact(1)));
        assert_eq!(sealer.keys.unseal_entry(sealed), found(1, Personal::Erased));
    }

    #[test]
    fn sealed_field_does_not_open_in_another_place() {
        let mut sealer = sealer();
        let (sealed, _) = sealer.seal(found(1, Personal::Clear("1".to_owned())));
        let Fact::CitizenFound { number, .. } = sealed.fact else { unreachable!() };
        sealer.keys.insert(contact(2), sealer.keys.get(contact(1)).unwrap());
        assert_eq!(sealer.keys.unseal(contact(2), "number", &number), Personal::Erased);
        assert_eq!(sealer.keys.unseal(contact(1), "from", &number), Personal::Erased);
    }

    #[test]
    fn one_number_has_one_hash_however_it_is_written() {
        let keys = sealer().keys;
        for same in ["+39 055 2768224", "00390552768224", "055/2768224"] {
            assert_eq!(keys.hash(same), keys.hash("0552768224"), "{same}");
        }
        assert_ne!(keys.hash("3931234567"), keys.hash("31234567"));
        assert_ne!(keys.hash("+441234567"), keys.hash("441234567"));
    }
}
