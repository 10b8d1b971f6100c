//! What a leg is being played: sounds one after another without a gap, once or for ever.
//!
//! A play has an end known when it begins. The simulator asks for that moment; the shard asks for frames until there are no
//! more. Both come to the same end within one beat.

use std::sync::Arc;
use std::time::Duration;

use super::{Codec, PlayId, Sound};
use crate::time::Mono;

/// Samples, and in G.711 octets, of one packet of generated sound.
pub const FRAME: usize = 160;

/// How often generated sound is sent.
pub const BEAT: Duration = Duration::from_millis(20);

/// One `Play` under way.
#[derive(Clone, Debug)]
pub struct Player {
    play: PlayId,
    sounds: Vec<Arc<Sound>>,
    repeat: bool,
    barge_in: bool,
    since: Mono,
    /// The sound that is heard now, and how far it has been sent.
    index: usize,
    offset: usize,
}

impl Player {
    /// Begins at the first sound.
    pub fn new(now: Mono, play: PlayId, sounds: Vec<Arc<Sound>>, repeat: bool, barge_in: bool) -> Player {
        // Music without a sample would never end and never sound: it ends at once.
        let repeat = repeat && sounds.iter().any(|sound| !sound.pcma.is_empty());
        Player { play, sounds, repeat, barge_in, since: now, index: 0, offset: 0 }
    }

    /// Which play it is.
    pub fn play(&self) -> PlayId {
        self.play
    }

    /// Its sounds, in order.
    pub fn sounds(&self) -> &[Arc<Sound>] {
        &self.sounds
    }

    /// When it began.
    pub fn since(&self) -> Mono {
        self.since
    }

    /// Begins again at its end.
    pub fn repeats(&self) -> bool {
        self.repeat
    }

    /// A key stops it.
    pub fn barge_in(&self) -> bool {
        self.barge_in
    }

    /// When its last frame has been heard; `None` for music.
    pub fn ends_at(&self) -> Option<Mono> {
        let samples: usize = self.sounds.iter().map(|sound| sound.pcma.len()).sum();
        let frames = u32::try_from(samples.div_ceil(FRAME)).unwrap_or(u32::MAX);
        (!self.repeat).then(|| self.since + BEAT.saturating_mul(frames))
    }

    /// The sound heard at `now`; the last one once all are over.
    pub fn sound_at(&self, now: Mono) -> Option<&Arc<Sound>> {
        let whole: Duration = self.sounds.iter().map(|sound| sound.duration()).sum();
        let mut into = now.since(self.since).as_micros();
        if self.repeat {
            into = into.checked_rem(whole.as_micros())?;
        }
        let playing = self.sounds.iter().find(|sound| {
            let length = sound.duration().as_micros();
            let here = into < length;
            into = into.saturating_sub(length);
            here
        });
        playing.or(self.sounds.last())
    }

    /// Fills the next frame, the last one up with silence; false when nothing is left to play.
    pub fn next_frame(&mut self, codec: Codec, frame: &mut [u8; FRAME]) -> bool {
        let mut filled = 0;
        while filled < FRAME && self.index < self.sounds.len() {
            let Some(sound) = self.sounds.get(self.index) else { break };
            let octets = match codec {
                Codec::Pcma => &sound.pcma,
                Codec::Pcmu => &sound.pcmu,
            };
            let left = octets.get(self.offset..).unwrap_or_default();
            let count = left.len().min(FRAME - filled);
            frame[filled..filled + count].copy_from_slice(&left[..count]);
            filled += count;
            self.offset += count;
            if self.offset >= octets.len() {
                self.turn_over();
            }
        }
        frame[filled..].fill(codec.silence());
        filled > 0
    }

    fn turn_over(&mut self) {
        (self.index, self.offset) = (self.index + 1, 0);
        if self.repeat && self.index == self.sounds.len() {
            self.index = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(name: &str, samples: usize) -> Arc<Sound> {
        let octet = name.as_bytes()[0];
        Arc::new(Sound {
            name: name.into(),
            pcma: vec![octet; samples].into(),
            pcmu: vec![octet; samples].into(),
        })
    }

    fn player(repeat: bool, lengths: &[(&str, usize)]) -> Player {
        let sounds = lengths.iter().map(|(name, samples)| sound(name, *samples)).collect();
        Player::new(Mono::ZERO, PlayId(1), sounds, repeat, false)
    }

    #[test]
    fn sounds_follow_each_other_within_a_frame() {
        let mut player = player(false, &[("a", 100), ("b", 100)]);
        let mut frame = [0; FRAME];
        assert!(player.next_frame(Codec::Pcma, &mut frame));
        assert_eq!((&frame[..100], &frame[100..]), (&[b'a'; 100][..], &[b'b'; 60][..]));
        assert!(player.next_frame(Codec::Pcma, &mut frame));
        assert_eq!((&frame[..40], &frame[40..]), (&[b'b'; 40][..], &[0xd5; 120][..]));
        assert!(!player.next_frame(Codec::Pcma, &mut frame));
    }

    #[test]
    fn the_end_is_known_at_the_beginning() {
        for (lengths, ms) in
            [(&[("a", 160)][..], 20), (&[("a", 161)], 40), (&[("a", 100), ("b", 100)], 40), (&[], 0)]
        {
            let mut player = player(false, lengths);
            assert_eq!(player.ends_at(), Some(Mono::from_start(Duration::from_millis(ms))));
            let mut frame = [0; FRAME];
            let frames =
                std::iter::from_fn(|| player.next_frame(Codec::Pcmu, &mut frame).then_some(())).count();
            assert_eq!(frames as u64 * 20, ms);
        }
    }

    #[test]
    fn music_goes_round_and_empty_music_ends() {
        let mut music = player(true, &[("m", 8000)]);
        assert_eq!(music.ends_at(), None);
        assert!((0..1000).all(|_| music.next_frame(Codec::Pcma, &mut [0; FRAME])));
        let mut empty = player(true, &[("m", 0), ("n", 0)]);
        assert_eq!(empty.ends_at(), Some(Mono::ZERO));
        assert!(!empty.next_frame(Codec::Pcma, &mut [0; FRAME]));
    }

    #[test]
    fn the_sound_of_a_moment_is_known() {
        let at = |player: &Player, ms| {
            player.sound_at(Mono::from_start(Duration::from_millis(ms))).map(|sound| sound.name.to_string())
        };
        let prompts = player(false, &[("a", 8000), ("b", 8000)]);
        assert_eq!(at(&prompts, 999).as_deref(), Some("a"));
        assert_eq!(at(&prompts, 1000).as_deref(), Some("b"));
        assert_eq!(at(&prompts, 9000).as_deref(), Some("b"));
        assert_eq!(at(&player(true, &[("a", 8000), ("b", 8000)]), 2500).as_deref(), Some("a"));
    }
}
