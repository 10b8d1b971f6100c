//! The recorder thread: frames off a ring, onto a timeline, into files.
//!
//! It looks at its ring ten times a second, so that no media thread has to wake it. Files are readable while they grow:
//! their header is made valid every two seconds, and [`repair`](super::repair) makes it exact after a crash. A file that
//! cannot be written is told once; the call goes on without it. A take that may have to be played back is read again as soon as
//! it is closed, because the threads of control and media read no files; whoever asked for it bounds its length.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufWriter, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};
use rtrb::Consumer;

use super::ring::Events;
use super::sounds::load_sound;
use crate::media::mixer::Mixer;
use crate::media::rtp::RtpTime;
use crate::media::tape::{Form, Side, Spoken, TapeId, TapeOrder, Taped};
use crate::media::{Codec, Event, LegId, Said, Sound};
use crate::time::Mono;

/// Items between a media thread and its recorder: 100 recorded calls for a second and a half of a slow disk.
pub(super) const MAX_WAITING: usize = 16_384;

/// Octets in one block: a frame of 20 ms, with room for 30 ms; longer frames are split.
const BLOCK: usize = 240;

/// How often the ring is looked at.
const ROUND: Duration = Duration::from_millis(100);

/// Recorded time after which the header is made valid again.
const HEADER_EVERY: Duration = Duration::from_secs(2);

/// What a media thread gives its recorder. The order is rare, the frame is what the ring is sized for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a ring of frames; boxing them would allocate for each packet")]
pub(super) enum TapeItem {
    /// Open or close a file.
    Order(TapeOrder),
    /// Lay this down.
    Frame(Block),
}

/// A frame with its octets.
#[derive(Debug)]
pub(super) struct Block {
    tape: TapeId,
    side: Side,
    leg: LegId,
    at: Mono,
    ssrc: u32,
    time: RtpTime,
    codec: Codec,
    length: u8,
    octets: [u8; BLOCK],
}

impl Block {
    /// A frame as blocks.
    pub(super) fn split(frame: Taped<'_>) -> impl Iterator<Item = Block> {
        (0u32..).zip(frame.payload.chunks(BLOCK)).map(move |(index, chunk)| {
            let mut octets = [0; BLOCK];
            octets[..chunk.len()].copy_from_slice(chunk);
            Block {
                tape: frame.tape,
                side: frame.side,
                leg: frame.leg,
                at: frame.at,
                ssrc: frame.ssrc,
                time: frame.time.plus(index * 240),
                codec: frame.codec,
                length: u8::try_from(chunk.len()).unwrap_or(0),
                octets,
            }
        })
    }

    fn frame(&self) -> Taped<'_> {
        Taped {
            tape: self.tape,
            side: self.side,
            leg: self.leg,
            at: self.at,
            ssrc: self.ssrc,
            time: self.time,
            codec: self.codec,
            payload: self.octets.get(..usize::from(self.length)).unwrap_or_default(),
        }
    }
}

/// A file being written.
struct Tape {
    file: Arc<str>,
    form: Form,
    since: Mono,
    mixer: Mixer,
    writer: WavWriter<BufWriter<File>>,
    header_at: Mono,
}

/// See the module.
pub(super) struct Recorder {
    dir: PathBuf,
    items: Consumer<TapeItem>,
    events: Events,
    tapes: BTreeMap<TapeId, Tape>,
    /// The media thread's latest time.
    now: Mono,
    /// When settled frames were last written.
    settled: Mono,
}

impl Recorder {
    /// A recorder without files.
    pub(super) fn new(dir: PathBuf, items: Consumer<TapeItem>, events: Events) -> Recorder {
        Recorder { dir, items, events, tapes: BTreeMap::new(), now: Mono::ZERO, settled: Mono::ZERO }
    }

    /// Writes until the media thread is gone and all is written.
    pub(super) fn run(&mut self) {
        loop {
            let last = self.items.is_abandoned();
            self.drain();
            if last {
                break;
            }
            std::thread::sleep(ROUND);
            self.now = self.now + ROUND;
            self.settle();
        }
        while let Some((tape, _)) = self.tapes.first_key_value() {
            self.stop(*tape, self.now, None);
        }
    }

    fn drain(&mut self) {
        while let Ok(item) = self.items.pop() {
            match item {
                TapeItem::Order(TapeOrder::Start { tape, recording, form, at }) => {
                    self.start(tape, recording.file, form, at);
                }
                TapeItem::Order(TapeOrder::Stop { tape, at, said }) => self.stop(tape, at, said),
                TapeItem::Order(TapeOrder::Discard { file }) => discard(&self.dir, &file),
                TapeItem::Frame(block) => {
                    self.now = block.at;
                    if let Some(tape) = self.tapes.get_mut(&block.tape) {
                        tape.mixer.put(block.frame());
                    }
                }
            }
            // After a stall much is drained at once; timelines must not grow long meanwhile.
            if self.now.since(self.settled) >= ROUND {
                self.settle();
            }
        }
    }

    fn start(&mut self, id: TapeId, file: Arc<str>, form: Form, at: Mono) {
        self.now = at;
        match open(&self.dir.join(&*file), form) {
            Ok(writer) => {
                let tape = Tape { file, form, since: at, mixer: Mixer::new(at), writer, header_at: at };
                self.tapes.insert(id, tape);
            }
            Err(error) => self.fail(file, &error),
        }
    }

    /// Writes what no late packet can change any more.
    fn settle(&mut self) {
        let now = self.now;
        self.settled = now;
        let failed: Vec<_> = self
            .tapes
            .iter_mut()
            .filter_map(|(id, tape)| tape.settle(now).err().map(|error| (*id, error)))
            .collect();
        for (id, error) in failed {
            if let Some(tape) = self.tapes.remove(&id) {
                self.fail(tape.file, &error);
            }
        }
    }

    fn stop(&mut self, id: TapeId, at: Mono, said: Option<Spoken>) {
        let Some(tape) = self.tapes.remove(&id) else { return };
        let (file, length) = (tape.file.clone(), at.since(tape.since));
        match tape.finish(at) {
            Ok(()) => {
                let said = said.map(|Spoken { spoken, replay }| {
                    let sound = if replay { read_again(&self.dir, &file) } else { None };
                    Said { spoken, sound }
                });
                self.tell(Event::Recorded { file, length, said });
            }
            Err(error) => self.fail(file, &error),
        }
    }

    fn fail(&mut self, file: Arc<str>, error: &hound::Error) {
        self.tell(Event::RecordingFailed { file, error: error.to_string() });
    }

    /// Control takes events all the time; if its ring is full all the same, it stands still and the log has the word.
    fn tell(&mut self, event: Event) {
        if self.events.has_room() {
            self.events.push(event);
            self.events.wake();
        } else {
            tracing::warn!(?event, "nobody takes the recorder's events");
        }
    }
}

impl Tape {
    fn settle(&mut self, now: Mono) -> hound::Result<()> {
        let (writer, form) = (&mut self.writer, self.form);
        self.mixer.take_settled(now, |sample| write(writer, form, sample))?;
        if now.since(self.header_at) >= HEADER_EVERY {
            self.header_at = now;
            self.writer.flush()?;
        }
        Ok(())
    }

    fn finish(mut self, end: Mono) -> hound::Result<()> {
        let (writer, form) = (&mut self.writer, self.form);
        self.mixer.take_rest(end, |sample| write(writer, form, sample))?;
        self.writer.finalize()
    }
}

fn write(writer: &mut WavWriter<BufWriter<File>>, form: Form, [left, right]: [i16; 2]) -> hound::Result<()> {
    writer.write_sample(left)?;
    if form == Form::Talk { writer.write_sample(right) } else { Ok(()) }
}

/// The sound of a take, to be played back; a caller whose words cannot be read again hears a neutral phrase.
fn read_again(dir: &Path, file: &str) -> Option<Arc<Sound>> {
    match load_sound(&dir.join(file), file) {
        Ok(sound) => Some(Arc::new(sound)),
        Err(error) => {
            tracing::error!(%error, "a caller's words cannot be played back");
            None
        }
    }
}

/// Nobody wants it any more. What cannot be removed stays until its time is over.
fn discard(dir: &Path, file: &str) {
    if !is_below(file) {
        return tracing::error!(%file, "its name leads out of the recordings: it is not removed");
    }
    match fs::remove_file(dir.join(file)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::error!(%file, %error, "what a caller threw away could not be removed; see to it by hand");
        }
        _ => {}
    }
}

/// The journal is ours, but a repaired one may name anything.
pub(super) fn is_below(file: &str) -> bool {
    Path::new(file).components().all(|part| matches!(part, Component::Normal(_)))
}

/// What people said is for those who may hear it: no one else may open the file or list its directory.
fn open(path: &Path, form: Form) -> hound::Result<WavWriter<BufWriter<File>>> {
    if let Some(dir) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    // A citizen's file never takes the place of another's, whatever its name; a phone's next trial does.
    let is_new = form != Form::Phone;
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).create_new(is_new).mode(0o600).open(path)?;
    let spec = WavSpec {
        channels: form.channels(),
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::new(BufWriter::new(file), spec)?;
    writer.flush()?;
    Ok(writer)
}
