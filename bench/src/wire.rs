//! An HTTP/1.1 client by hand, over one connection that is kept: it shares two cores with what it measures, so it does
//! no more than to send bytes that were ready and to find where an answer ends.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// A worker that says nothing for longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is looked at of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// What each `Set-Cookie` sets, as `Cookie` says it.
    pub cookies: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A connection, and what has come over it and is not used yet.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Connects to a host and port.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn connect(host: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a whole request and waits for its whole answer.
    ///
    /// # Errors
    ///
    /// If the other side goes or says nothing, or what it says is no HTTP.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request)?;
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end);
        let (mut answer, length) = read_head(&head).ok_or(io::ErrorKind::InvalidData)?;
        let bare = request.starts_with(b"HEAD ") || matches!(answer.status, 204 | 304);
        answer.body = match length {
            _ if bare => Vec::new(),
            Some(length) => self.take(length)?,
            None => self.chunks()?,
        };
        Ok(answer)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = find(&self.buffer, b"\r\n") {
                    break at + 2;
                }
                self.more()?;
            };
            let size = self.take(end)?;
            let size =
                std::str::from_utf8(&size).ok().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
            let size = size.ok_or(io::ErrorKind::InvalidData)?;
            body.extend(self.take(size)?);
            self.take(2)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.more()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn more(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 * 1024];
        let read = self.stream.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(&chunk[..read]);
        Ok(())
    }
}

/// An answer without its body yet, and how long that is; `None` if it comes in chunks.
fn read_head(head: &str) -> Option<(Answer, Option<usize>)> {
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let (mut answer, mut length) = (Answer { status, ..Answer::default() }, Some(0));
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("location") {
            answer.location = Some(value.into());
        } else if name.eq_ignore_ascii_case("set-cookie") {
            answer.cookies.extend(value.split(';').next().map(str::to_owned));
        } else if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok();
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = None;
        }
    }
    Some((answer, length))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
