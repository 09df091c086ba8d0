//! The real program, started, spoken to, ended.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use super::client::Client;
use super::shim::Shim;
use crate::demo;

/// For what comes at once on any machine that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// What price is about goes to a unit, the rest waits for a person; one text is red.
const RULES: &str = r#"
classify("c.complain", #{ any: ["涨价"], then: #{ nature: "投诉", weight: 4 }, basis: "示" });
route("market.price", #{ any: ["涨价"], then: #{ lead: "区市场监管局", weight: 4 }, basis: "第七条" });
warn("w.red", #{ any: ["爆炸"], then: #{ level: "red", why: "危险" }, basis: "示" });
"#;

/// A folder with a small pack beside the folder of the data, so that a start takes little.
pub(super) struct Place {
    folder: tempfile::TempDir,
    /// `lease_s`, and whatever else a test wants set.
    settings: String,
}

impl Place {
    pub(super) fn new() -> Self {
        Self::with("lease_s = 3600\n")
    }

    pub(super) fn with(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in demo::pack(RULES).files {
            let path = folder.path().join("packs").join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        fs::create_dir(folder.path().join("disk")).expect("made");
        let place = Self { folder, settings: settings.to_owned() };
        fs::write(place.folder.path().join("paidan.toml"), &place.settings).expect("written");
        place
    }

    /// With the limits and reminders that all jurisdictions share.
    pub(super) fn with_clocks() -> Self {
        let place = Self::new();
        let common = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/common/regulation.toml");
        let to = place.packs().join("rules/common/regulation.toml");
        fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        fs::copy(common, to).expect("copied");
        place
    }

    /// What the shim watches: the file system on which the data are.
    pub(super) fn disk(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.disk().join("data")
    }

    pub(super) fn packs(&self) -> PathBuf {
        self.folder.path().join("packs")
    }

    /// `paidan` with these arguments, in a folder that holds the pack, without what the tests' own environment says.
    pub(super) fn command(&self, arguments: &[&str], shim: Option<&Shim>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paidan"));
        command.current_dir(self.packs()).args(arguments).env_clear().env("PATH", "/usr/bin:/bin");
        if let Some(shim) = shim {
            shim.before(&mut command, &self.disk());
        }
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments, None);
        let child = crate::store::fixture::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        child.wait_with_output().expect("it ends")
    }

    /// Starts the service; it may not come up.
    pub(super) fn spawn(&self, shim: Option<&Shim>) -> Server {
        let (data, config) = (self.data(), self.folder.path().join("paidan.toml"));
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"], shim);
        command.arg("--data").arg(data).arg("--packs").arg(self.packs()).arg("--config").arg(config);
        Server::of(crate::store::fixture::start(command.stdout(Stdio::null()).stderr(Stdio::piped())))
    }

    /// Starts the service and waits until it takes requests.
    #[track_caller]
    pub(super) fn start(&self, shim: Option<&Shim>) -> Server {
        let mut server = self.spawn(shim);
        let Some(address) = server.address() else { panic!("it did not start:\n{}", server.end().1) };
        let mut client = Client::new(address);
        loop {
            let ready = client.get("/readyz");
            if ready.as_ref().is_ok_and(|ready| ready.status == 200) {
                break;
            }
            let open = ready.as_ref().map_or("", |ready| ready.json["store"].as_str().unwrap_or_default()).to_owned();
            assert!(server.lives() && open != "read_only", "it takes nothing in:\n{}", server.kill());
            let _ = server.listen(Duration::from_millis(5));
        }
        server
    }
}

pub(super) struct Server {
    child: Child,
    lines: Receiver<String>,
    said: String,
    address: Option<SocketAddr>,
}

impl Server {
    fn of(mut child: Child) -> Self {
        let (send, lines) = mpsc::channel();
        let out = BufReader::new(child.stderr.take().expect("a pipe"));
        std::thread::spawn(move || {
            out.split(b'\n')
                .map_while(Result::ok)
                .try_for_each(|line| send.send(String::from_utf8_lossy(&line).into_owned()))
        });
        Self { child, lines, said: String::new(), address: None }
    }

    /// Hears what it says for so long.
    fn listen(&mut self, time: Duration) -> Result<(), RecvTimeoutError> {
        let line = self.lines.recv_timeout(time)?;
        if let Some((_, rest)) = line.split_once("address=").filter(|_| line.contains("serving;")) {
            self.address = self.address.or(rest.split(' ').next().and_then(|it| it.parse().ok()));
        }
        self.said += &line;
        self.said.push('\n');
        Ok(())
    }

    /// Where it serves; `None`: it ended before it did, or never does.
    pub(super) fn address(&mut self) -> Option<SocketAddr> {
        while self.address.is_none() && self.listen(PATIENCE).is_ok() {}
        self.address
    }

    /// Waits until it is past its start; false: it ended.
    pub(super) fn answers(&mut self) -> bool {
        let Some(address) = self.address() else { return false };
        let mut client = Client::new(address);
        while self.lives() {
            if client.get("/readyz").is_ok_and(|ready| ready.json["status"] != "starting") {
                return true;
            }
            let _ = self.listen(Duration::from_millis(5));
        }
        false
    }

    pub(super) fn client(&mut self) -> Client {
        Client::new(self.address().expect("it serves"))
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn lives(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    pub(super) fn kill(mut self) -> String {
        self.child.kill().expect("killed");
        self.end().1
    }

    /// SIGTERM, as a service manager stops it.
    pub(super) fn stop(self) -> (ExitStatus, String) {
        let sent = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
        self.end()
    }

    /// Waits for its end; what it said in all.
    #[track_caller]
    pub(super) fn end(mut self) -> (ExitStatus, String) {
        loop {
            match self.listen(PATIENCE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.said),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = self.child.wait().expect("it ends");
        (status, std::mem::take(&mut self.said))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What files of the data folder stand there, by path.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).into_iter().flatten() {
        let path = item.expect("an item").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
