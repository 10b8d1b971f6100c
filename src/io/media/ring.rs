//! Bounded rings between control and a media thread, and how each wakes the other.
//!
//! Control wakes a shard through an event descriptor that the shard polls beside its sockets; a shard wakes control through
//! a `Notify`. Neither allocates or waits on the media side.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};
use rustix::event::{EventfdFlags, eventfd};
use tokio::sync::Notify;

use crate::media::{Command, Event};

/// Commands or events under way: some for every call that a shard carries.
const CAPACITY: usize = 4096;

/// The bell that wakes a shard.
#[derive(Debug)]
struct Bell {
    fd: OwnedFd,
    /// Rung and not yet heard: ringing again would be a system call for nothing.
    rung: AtomicBool,
    /// Control is gone.
    closed: AtomicBool,
}

impl Bell {
    fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // It can fail only when the counter is full, and then it rings already.
            let _ = rustix::io::write(&self.fd, &1u64.to_ne_bytes());
        }
    }
}

/// Control's end of the commands.
#[derive(Debug)]
pub(super) struct Sender<T> {
    ring: Producer<T>,
    /// What the ring could not take yet. Bounded by what control may ask: a few commands for each leg.
    spill: VecDeque<T>,
    bell: Arc<Bell>,
}

/// The shard's end of the commands.
#[derive(Debug)]
pub(super) struct Commands {
    ring: Consumer<Command>,
    bell: Arc<Bell>,
}

/// Commands from control to a shard.
pub(super) fn commands() -> io::Result<(Sender<Command>, Commands)> {
    let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let bell = Arc::new(Bell { fd, rung: AtomicBool::new(false), closed: AtomicBool::new(false) });
    let (producer, consumer) = RingBuffer::new(CAPACITY);
    let sender = Sender { ring: producer, spill: VecDeque::new(), bell: bell.clone() };
    Ok((sender, Commands { ring: consumer, bell }))
}

impl<T> Sender<T> {
    /// Sends in order and wakes the shard; never waits.
    pub(super) fn send(&mut self, item: T) {
        self.leave(item);
        self.bell.ring();
    }

    /// Sends in order; the shard takes it at its next beat.
    pub(super) fn leave(&mut self, item: T) {
        self.spill.push_back(item);
        self.fill();
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        if !self.spill.is_empty() {
            self.fill();
            self.bell.ring();
        }
    }

    fn fill(&mut self) {
        while self.ring.slots() > 0
            && let Some(item) = self.spill.pop_front()
        {
            if self.ring.push(item).is_err() {
                break; // cannot be: there was a slot, and we alone fill them
            }
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.bell.closed.store(true, Ordering::Release);
        self.bell.ring();
    }
}

impl Commands {
    /// What the shard polls.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.fd.as_fd()
    }

    /// The bell was heard: what is sent from now on rings again.
    pub(super) fn heard(&self) {
        let _ = rustix::io::read(&self.bell.fd, &mut [0; 8]);
        self.bell.rung.swap(false, Ordering::AcqRel);
    }

    /// The next command.
    pub(super) fn next(&mut self) -> Option<Command> {
        self.ring.pop().ok()
    }

    /// Control is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.bell.closed.load(Ordering::Acquire)
    }
}

/// A media thread's end of the events.
#[derive(Debug)]
pub(super) struct Events {
    ring: Producer<Event>,
    ready: Arc<Notify>,
}

/// Control's end of the events.
#[derive(Debug)]
pub(super) struct Receiver<T> {
    ring: Consumer<T>,
}

/// Events from a media thread to control.
pub(super) fn events(ready: Arc<Notify>) -> (Events, Receiver<Event>) {
    let (producer, consumer) = RingBuffer::new(CAPACITY);
    (Events { ring: producer, ready }, Receiver { ring: consumer })
}

impl Events {
    /// There is room for one more.
    pub(super) fn has_room(&self) -> bool {
        self.ring.slots() > 0
    }

    /// Tells control; false when the ring is full.
    pub(super) fn push(&mut self, event: Event) -> bool {
        self.ring.push(event).is_ok()
    }

    /// Wakes control, after a batch.
    pub(super) fn wake(&self) {
        self.ready.notify_one();
    }
}

impl<T> Receiver<T> {
    /// The next event, if there is one.
    pub(super) fn try_recv(&mut self) -> Option<T> {
        self.ring.pop().ok()
    }
}
