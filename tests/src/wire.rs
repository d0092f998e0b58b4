//! HTTP/1.1 written and read by hand, for what a client library would put right or hold back.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// A side that says nothing for longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// One end of a connection, and what has come over it.
#[derive(Debug)]
pub struct Wire(BufReader<TcpStream>);

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// All of it, in lower case.
    pub text: String,
}

impl Head {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.text.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl Wire {
    /// This end of a connection.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Connects to a host and port.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn connect(host: &str) -> io::Result<Self> {
        Self::new(TcpStream::connect(host)?)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    ///
    /// If the other side has gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Sends a chunk of a body.
    ///
    /// # Errors
    ///
    /// As [`Wire::send`].
    pub fn send_chunk(&mut self, text: &str) -> io::Result<()> {
        self.send(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
    }

    /// The head of a request or an answer, in lower case, up to the empty line.
    ///
    /// # Errors
    ///
    /// If the other side has gone, or says nothing.
    pub fn head(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.0.read_until(b'\n', &mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(String::from_utf8_lossy(&head).to_ascii_lowercase())
    }

    /// The next chunk of a body; an empty one ends it.
    ///
    /// # Errors
    ///
    /// As [`Wire::head`], or if it is no chunk.
    pub fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut size = String::new();
        self.0.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut chunk = vec![0; size];
        self.0.read_exact(&mut chunk)?;
        self.0.read_exact(&mut [0; 2])?;
        Ok(chunk)
    }

    /// A whole answer to a request of this method.
    ///
    /// # Errors
    ///
    /// As [`Wire::head`], or if it is no answer.
    pub fn answer(&mut self, method: &str) -> io::Result<(Head, Vec<u8>)> {
        let text = self.head()?;
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        let head = Head { status: status.ok_or(io::ErrorKind::InvalidData)?, text };
        let mut body = Vec::new();
        if method == "HEAD" || [204, 304].contains(&head.status) {
            return Ok((head, body));
        }
        if head.header("transfer-encoding").is_some() {
            loop {
                let chunk = self.chunk()?;
                if chunk.is_empty() {
                    break;
                }
                body.extend(chunk);
            }
        } else {
            let length = head.header("content-length").and_then(|length| length.parse().ok());
            body.resize(length.unwrap_or(0), 0);
            self.0.read_exact(&mut body)?;
        }
        Ok((head, body))
    }
}
