//! An HTTP/1.1 client and server over one TCP connection. Tests use it for bytes that an HTTP library would correct or buffer.
//! The benchmark uses it because it shares two cores with the Worker, so the client must cost little.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// The longest wait for the other side.
const PATIENCE: Duration = Duration::from_secs(60);

/// One end of a connection.
#[derive(Debug)]
pub struct Wire(BufReader<TcpStream>);

/// A response.
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

    /// The cookies of `Set-Cookie`, as they stand in a `Cookie` header.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        let set = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        set.filter_map(|(_, value)| value.split(';').next())
    }

    /// Parses the head of a response.
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
    /// Wraps a stream.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Connects to a host and port.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    pub fn connect(host: &str) -> io::Result<Self> {
        Self::new(TcpStream::connect(host)?)
    }

    /// Sends bytes unchanged.
    ///
    /// # Errors
    ///
    /// If the other side has closed the connection.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Sends one chunk of a chunked body.
    ///
    /// # Errors
    ///
    /// As [`Wire::send`].
    pub fn send_chunk(&mut self, text: &str) -> io::Result<()> {
        self.send(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
    }

    /// Receives the head of a request or a response, up to the empty line.
    ///
    /// # Errors
    ///
    /// If the other side has closed the connection, or sends nothing for a minute.
    pub fn head(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.0.read_until(b'\n', &mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(String::from_utf8_lossy(&head).into_owned())
    }

    /// Receives the next chunk of a body. An empty chunk ends the body.
    ///
    /// # Errors
    ///
    /// As [`Wire::head`], or for an invalid chunk.
    pub fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut size = String::new();
        self.0.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut chunk = vec![0; size];
        self.0.read_exact(&mut chunk)?;
        self.0.read_exact(&mut [0; 2])?;
        Ok(chunk)
    }

    /// Receives a whole response to a request with this method.
    ///
    /// # Errors
    ///
    /// As [`Wire::head`], or for an invalid response.
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

    /// Sends a whole request and receives its whole response.
    ///
    /// # Errors
    ///
    /// As [`Wire::send`] and [`Wire::answer`].
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.send(request)?;
        self.answer(if request.starts_with(b"HEAD ") { "HEAD" } else { "GET" })
    }
}
