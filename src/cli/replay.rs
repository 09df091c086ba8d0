//! `paidan replay`: stored tickets once more, to check them or to try another pack on them.

mod under;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::Args;

use crate::store::{Filter, Options, Store};
use crate::ticket::{Recorded, Ticket, TicketId};

#[derive(Args)]
pub(super) struct Replay {
    /// 数据目录；服务须已停止 · folder of the store; the service must be stopped
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// 只重放这些工单 · only these tickets
    #[arg(long = "ticket", value_name = "ID")]
    tickets: Vec<String>,
    /// 换成这个目录的规定、日历和预警规则会怎样 · what this pack would have made of the tickets
    #[arg(long, value_name = "DIR")]
    pack: Option<PathBuf>,
    /// 输出 JSON · print JSON
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let tickets: Vec<TicketId> = self
            .tickets
            .iter()
            .map(|id| id.parse().with_context(|| format!("--ticket {id}")))
            .collect::<anyhow::Result<_>>()?;
        let store = open(&self.data)?;
        let stored = Stored::find(&store, tickets)?;
        let done = match self.pack {
            Some(pack) => under::run(&stored, &pack, self.json),
            None => verify::run(&stored, self.json),
        };
        store.close();
        done
    }
}

fn open(data: &Path) -> anyhow::Result<Store> {
    if !data.join("journal").is_dir() {
        bail!("{} 不是数据目录（没有 journal），请用 --data 指定", data.display());
    }
    let store = Store::open(data, &Options::default())?;
    if let Some(damage) = store.opened().damage.first() {
        bail!("日志 {} 已损坏（偏移 {}），请先恢复再重放", damage.file.display(), damage.offset);
    }
    Ok(store)
}

/// The tickets that are replayed.
struct Stored<'a> {
    store: &'a Store,
    /// Oldest first.
    ids: Vec<TicketId>,
    /// When anything last happened in the store: tickets are compared as of then.
    until: DateTime<Utc>,
}

/// Tickets read at once.
const PAGE: usize = 500;

impl<'a> Stored<'a> {
    fn find(store: &'a Store, wanted: Vec<TicketId>) -> anyhow::Result<Self> {
        let mut found = Self { store, ids: Vec::new(), until: DateTime::UNIX_EPOCH };
        let mut cursor = None;
        loop {
            let page = store.list(&Filter::default(), cursor, PAGE)?;
            for ticket in page.tickets {
                found.until = found.until.max(ticket.updated_at);
                found.ids.push(ticket.id);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        found.ids.reverse();
        if let Some(missing) = wanted.iter().find(|id| !found.ids.contains(id)) {
            bail!("没有工单 {missing}");
        }
        if !wanted.is_empty() {
            found.ids = wanted;
        }
        Ok(found)
    }

    /// Every ticket with its history.
    fn each(&self) -> impl Iterator<Item = anyhow::Result<(Ticket, Vec<Recorded>)>> {
        self.ids.iter().map(|id| {
            let ticket = self.store.ticket(id)?.with_context(|| format!("没有工单 {id}"))?;
            Ok((ticket, self.store.events(id)?))
        })
    }
}
