//! Packets of JSON with descriptors beside them, over a socket that keeps them whole.
//!
//! Neither side ever waits to send: what does not fit stays in a queue until the
//! socket can be written. Two sides that wait for each other would never go on.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair, sockopt,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::platform;

/// Descriptors per packet: stdin, stdout, stderr.
const MOST_FDS: usize = 3;
/// The longest packet; the kernel's own bound for a packet is below it.
const LONGEST: usize = 512 * 1024;

/// One side of the channel: sends `S`, receives `R`.
pub(super) struct Channel<S, R> {
    socket: OwnedFd,
    unsent: VecDeque<Packet>,
    buffer: Vec<u8>,
    types: PhantomData<(S, R)>,
}

struct Packet {
    text: Vec<u8>,
    fds: Vec<OwnedFd>,
}

/// What a packet brought.
pub(super) enum Received<R> {
    /// A message and its descriptors.
    Message(R, Vec<OwnedFd>),
    /// Nothing is there yet.
    Nothing,
    /// The other side is gone.
    End,
}

/// The two ends of a channel; neither is inherited by accident.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?;
    Ok((ours, theirs))
}

impl<S: Serialize, R: DeserializeOwned> Channel<S, R> {
    pub(super) fn new(socket: OwnedFd) -> io::Result<Channel<S, R>> {
        platform::set_nonblocking(&socket)?;
        // Room for long command lines; the kernel cuts it to what it allows.
        sockopt::set_socket_send_buffer_size(&socket, LONGEST)?;
        Ok(Channel {
            socket,
            unsent: VecDeque::new(),
            buffer: vec![0; LONGEST],
            types: PhantomData,
        })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Sends, or queues if the socket is full.
    ///
    /// # Errors
    /// If the message is too long for a packet (nothing was sent, the channel goes
    /// on), or the other side is gone.
    pub(super) fn send(&mut self, message: &S, fds: Vec<OwnedFd>) -> io::Result<()> {
        let text = serde_json::to_vec(message)?;
        let packet = Packet { text, fds };
        if !self.unsent.is_empty() || !self.transmit(&packet)? {
            self.unsent.push_back(packet);
        }
        Ok(())
    }

    /// Whether something waits for the socket to be writable.
    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Sends what waits, as far as it fits.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while let Some(packet) = self.unsent.pop_front() {
            if !self.transmit(&packet)? {
                self.unsent.push_front(packet);
                break;
            }
        }
        Ok(())
    }

    /// Whether the packet went out; false if it does not fit now.
    fn transmit(&self, packet: &Packet) -> io::Result<bool> {
        let fds: Vec<BorrowedFd> = packet.fds.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FDS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() {
            let fits = ancillary.push(SendAncillaryMessage::ScmRights(&fds));
            assert!(fits, "a packet carries at most {MOST_FDS} descriptors");
        }
        let sent = rustix::io::retry_on_intr(|| {
            sendmsg(
                &self.socket,
                &[IoSlice::new(&packet.text)],
                &mut ancillary,
                SendFlags::NOSIGNAL,
            )
        });
        match sent {
            // Too many descriptors under way: the other side is about to take them.
            Err(Errno::TOOMANYREFS) => Ok(false),
            sent => Ok(platform::would_block(sent)?.is_some()),
        }
    }

    /// The next message.
    ///
    /// # Errors
    /// If a packet is not what the other side sends: a programming error.
    pub(super) fn receive(&mut self) -> io::Result<Received<R>> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FDS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = rustix::io::retry_on_intr(|| {
            recvmsg(
                &self.socket,
                &mut [IoSliceMut::new(&mut self.buffer)],
                &mut ancillary,
                RecvFlags::CMSG_CLOEXEC,
            )
        });
        let message = match received {
            // The other side died with something unread.
            Err(Errno::CONNRESET) => return Ok(Received::End),
            received => match platform::would_block(received)? {
                None => return Ok(Received::Nothing),
                Some(message) if message.bytes == 0 => return Ok(Received::End),
                Some(message) => message,
            },
        };
        assert!(
            !message.flags.contains(ReturnFlags::TRUNC),
            "a packet is shorter than {LONGEST} bytes"
        );
        let mut fds = Vec::new();
        for part in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = part {
                fds.extend(rights);
            }
        }
        let value = serde_json::from_slice(&self.buffer[..message.bytes])?;
        Ok(Received::Message(value, fds))
    }
}
