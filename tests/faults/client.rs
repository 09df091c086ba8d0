//! HTTP as a stranger speaks it: one connection kept open, JSON both ways.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Long enough for a slow machine; a silent server is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// `null` if it is none.
    pub(super) json: Value,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn code(&self) -> (u16, &str) {
        (self.status, self.json["code"].as_str().unwrap_or_default())
    }
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    pub(super) fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.call("GET", path, &[], None)
    }

    pub(super) fn get_text(&mut self, path: &str) -> io::Result<String> {
        Ok(self.call("GET", path, &[], None)?.text)
    }

    pub(super) fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &Value) -> io::Result<Reply> {
        self.call("POST", path, headers, Some(body))
    }

    /// An error leaves it open whether the request was taken.
    fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> io::Result<Reply> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address)?,
        };
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: paidan\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            text += "Content-Type: application/json\r\n";
        }
        stream.get_mut().write_all(format!("{text}\r\n{body}").as_bytes())?;
        let (reply, keep) = read(&mut stream)?;
        self.stream = keep.then_some(stream);
        Ok(reply)
    }
}

fn connect(address: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

fn read(stream: &mut BufReader<TcpStream>) -> io::Result<(Reply, bool)> {
    let (mut status, mut length, mut keep) = (0, 0, true);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        match line.split_once(' ') {
            Some(("http/1.1", rest)) => status = rest[..3].parse().map_err(io::Error::other)?,
            Some(("content-length:", rest)) => length = rest.parse().map_err(io::Error::other)?,
            Some(("connection:", "close")) => keep = false,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok((Reply { status, json, text }, keep))
}
