//! An HTTP/1.1 client over one connection. Tests use it for bytes that a client library would correct or hold back; the
//! benchmark uses it because it shares two cores with the Worker, so it must do no more than send and find the answer's end.

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

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The cookies that `Set-Cookie` sets, as a `Cookie` header carries them.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        let set = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        set.filter_map(|(_, value)| value.split(';').next())
    }

    /// Reads a head, up to the empty line.
    fn read_head(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        };
        Some(Self { status, headers: lines.filter_map(header).collect(), body: Vec::new() })
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

    /// The head of a request or an answer, up to the empty line.
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
        Ok(String::from_utf8_lossy(&head).into_owned())
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
    pub fn answer(&mut self, method: &str) -> io::Result<Answer> {
        let mut answer = Answer::read_head(&self.head()?).ok_or(io::ErrorKind::InvalidData)?;
        if method == "HEAD" || [204, 304].contains(&answer.status) {
            return Ok(answer);
        }
        if answer.header("transfer-encoding").is_some() {
            loop {
                let chunk = self.chunk()?;
                if chunk.is_empty() {
                    break;
                }
                answer.body.extend(chunk);
            }
        } else {
            let length = answer.header("content-length").and_then(|length| length.parse().ok());
            answer.body.resize(length.unwrap_or(0), 0);
            self.0.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }

    /// Sends a whole request and waits for its whole answer.
    ///
    /// # Errors
    ///
    /// As [`Wire::send`] and [`Wire::answer`].
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.send(request)?;
        self.answer(if request.starts_with(b"HEAD ") { "HEAD" } else { "GET" })
    }
}
