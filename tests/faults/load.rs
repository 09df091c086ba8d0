//! Clients that post, claim, decide and command as fast as they can, and remember what they were told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::Dice;
use super::client::{Client, Reply};

/// What was acknowledged.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    /// Reference of each post → ticket.
    pub(super) posts: BTreeMap<String, String>,
    pub(super) tickets: BTreeMap<String, Known>,
    /// Tickets touched since they were last looked at closely.
    pub(super) touched: Vec<String>,
    pub(super) acknowledged: u64,
}

/// The newest of a ticket that a client was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) version: u64,
    /// Version → id of the event that made it.
    pub(super) events: BTreeMap<u64, String>,
    /// Person and fence.
    pub(super) held: Option<(String, u64)>,
    pub(super) lead: Option<String>,
}

/// One request, as it is sent and, if nothing came back, sent again.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) path: String,
    key: String,
    person: String,
    unit: &'static str,
    pub(super) body: Value,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Post(String),
    Claim,
    Step { ticket: String, verb: &'static str },
    Order,
}

impl Ask {
    pub(super) fn send(&self, client: &mut Client) -> std::io::Result<Reply> {
        let mut headers = vec![("Idempotency-Key", self.key.as_str()), ("X-Paidan-Person", &self.person)];
        if !self.unit.is_empty() {
            headers.extend([("X-Paidan-Role", "unit"), ("X-Paidan-Unit", self.unit)]);
        }
        client.post(&self.path, &headers, &self.body)
    }
}

impl Book {
    /// What an answer says. False: it was not taken, or it is open whether it was.
    pub(super) fn note(&mut self, ask: &Ask, reply: &Reply) -> bool {
        match reply.status {
            200 | 201 => {}
            204 => return true,
            500 | 503 => return false,
            // Somebody was faster, or it was done already and is asked for in another phase.
            409 if matches!(ask.what, What::Order) => return true,
            _ => panic!("{ask:?}: {reply:?}"),
        }
        self.acknowledged += 1;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let ticket = match &ask.what {
            What::Post(_) => text(&reply.json["id"]),
            What::Claim | What::Order => text(&reply.json["ticket"]["id"]),
            What::Step { ticket, .. } => ticket.clone(),
        };
        self.touched.push(ticket.clone());
        let known = self.tickets.entry(ticket.clone()).or_default();
        match &ask.what {
            What::Post(reference) => {
                let before = self.posts.insert(reference.clone(), ticket.clone());
                assert!(before.is_none_or(|before| before == ticket), "two tickets for {reference}");
                known.version = known.version.max(1);
            }
            What::Claim => {
                known.see(&reply.json["ticket"]);
                known.held = Some((ask.person.clone(), reply.json["fence"].as_u64().expect("a fence")));
            }
            What::Step { verb, .. } => {
                known.see(&reply.json);
                if *verb != "renew" {
                    known.held = None;
                }
                if *verb == "dispatch" {
                    known.lead = Some(text(&ask.body["lead"]));
                }
            }
            What::Order => known.see(&reply.json["ticket"]),
        }
        true
    }
}

impl Known {
    fn see(&mut self, ticket: &Value) {
        let version = ticket["version"].as_u64().expect("a version");
        assert!(version >= self.version, "{ticket} after version {}", self.version);
        self.version = version;
        self.events.insert(version, ticket["last"].as_str().expect("an id").to_owned());
    }
}

/// One client, over many lives of the service.
#[derive(Clone)]
pub(super) struct Worker {
    dice: Dice,
    person: String,
    sent: u64,
    held: Vec<(String, u64)>,
    with_unit: Vec<String>,
    /// Sent, and nobody said what became of it.
    pending: Vec<Ask>,
    /// 0: no answer. A 500 is in order only where the disk fails.
    last_status: u16,
    pub(super) book: Book,
}

/// The unit that price is routed to, as a header carries it.
const PRICE: &str = "区市场监管局";

impl Worker {
    pub(super) fn new(place: u64, number: u64) -> Self {
        let dice = Dice(place * 1000 + number + 1);
        let person = format!("p{number}");
        let (held, with_unit, pending) = (Vec::new(), Vec::new(), Vec::new());
        Self { dice, person, sent: 0, held, with_unit, pending, last_status: 0, book: Book::default() }
    }

    /// Until told to stop, or until nobody answers.
    pub(super) fn work(&mut self, address: SocketAddr, stop: &AtomicBool) {
        let mut client = Client::new(address);
        while !stop.load(Ordering::Relaxed) && self.once(&mut client) {}
        assert_ne!(self.last_status, 500, "{:?}", self.pending);
    }

    /// False: it ended, or it takes nothing in any more.
    pub(super) fn once(&mut self, client: &mut Client) -> bool {
        let ask = self.next();
        self.sent += 1;
        let reply = ask.send(client);
        self.last_status = reply.as_ref().map_or(0, |reply| reply.status);
        let noted = reply.is_ok_and(|reply| self.told(&ask, &reply));
        if !noted {
            self.pending.push(ask);
        }
        noted
    }

    /// Sends again what was not answered, with the same key.
    pub(super) fn repeat(&mut self, client: &mut Client) {
        for ask in std::mem::take(&mut self.pending) {
            let first = ask.send(client).expect("an answer");
            assert!(self.told(&ask, &first), "{ask:?}: {first:?}");
            let again = ask.send(client).expect("an answer");
            if let What::Post(_) = ask.what {
                assert_eq!((again.status, &again.json["id"]), (200, &first.json["id"]), "{ask:?}: {again:?}");
            } else if first.status == 200 {
                assert_eq!(again.status, 200, "{ask:?}: {again:?}");
            }
        }
    }

    /// A post whose answer never comes back.
    pub(super) fn post_unheard(&mut self, client: &mut Client) {
        let ask = self.post();
        self.sent += 1;
        ask.send(client).expect("an answer");
        self.pending.push(ask);
    }

    /// A post with a text of many bytes.
    pub(super) fn post_long(&mut self, client: &mut Client) {
        let ask = self.post();
        let reference = ask.body["reference"].as_str().expect("a text").to_owned();
        let text = format!("路灯不亮{}{reference}", "长".repeat(6000));
        let body = json!({ "jurisdiction": "demo", "text": text, "reference": reference });
        self.sent += 1;
        let ask = Ask { body, ..ask };
        let reply = ask.send(client).expect("an answer");
        assert!(self.told(&ask, &reply), "{reply:?}");
    }

    /// Whether a new post is taken in.
    pub(super) fn post_again(&mut self, client: &mut Client) -> bool {
        let ask = self.post();
        self.sent += 1;
        ask.send(client).is_ok_and(|reply| self.book.note(&ask, &reply))
    }

    fn told(&mut self, ask: &Ask, reply: &Reply) -> bool {
        if !self.book.note(ask, reply) {
            return false;
        }
        let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
        match &ask.what {
            What::Post(_) if reply.json["lead"] == PRICE => self.with_unit.push(id(&reply.json)),
            What::Claim if reply.status == 200 => {
                self.held.push((id(&reply.json["ticket"]), reply.json["fence"].as_u64().expect("a fence")));
            }
            What::Step { ticket, verb } if *verb != "renew" => self.held.retain(|(held, _)| held != ticket),
            _ => {}
        }
        true
    }

    fn next(&mut self) -> Ask {
        match self.dice.roll(10) {
            0..=1 if !self.with_unit.is_empty() => self.order(),
            2..=4 => self.claim(),
            5..=7 if !self.held.is_empty() => self.step(),
            _ => self.post(),
        }
    }

    fn ask(&self, path: String, body: Value, what: What) -> Ask {
        let key = format!("{}-{}", self.person, self.sent);
        Ask { path, key, person: self.person.clone(), unit: "", body, what }
    }

    fn post(&mut self) -> Ask {
        let reference = format!("r-{}-{}", self.person, self.sent);
        let what = match self.dice.roll(24) {
            0 => format!("路灯不亮{}", "长".repeat(6000)),
            1 => "附近有爆炸声".into(),
            2..=9 => "井盖坏了".into(),
            _ => "超市涨价".into(),
        };
        let body = json!({ "jurisdiction": "demo", "text": format!("{what}{reference}"), "reference": reference });
        self.ask("/v1/tickets".into(), body, What::Post(reference))
    }

    fn claim(&self) -> Ask {
        self.ask("/v1/queue/claim".into(), json!({ "jurisdiction": "demo" }), What::Claim)
    }

    fn step(&mut self) -> Ask {
        let (ticket, fence) = self.held[self.dice.roll(self.held.len() as u64) as usize].clone();
        let (verb, mut body) = match self.dice.roll(10) {
            0..=4 => ("dispatch", json!({ "lead": "区交通局" })),
            5 => ("answer", json!({ "text": "已修好" })),
            6..=7 => ("renew", json!({ "lease_s": 7200 })),
            8 => ("release", json!({})),
            _ => ("skip", json!({ "reason": "难" })),
        };
        body["fence"] = fence.into();
        self.ask(format!("/v1/queue/{ticket}/{verb}"), body, What::Step { ticket, verb })
    }

    /// Signs first; later ones report.
    fn order(&mut self) -> Ask {
        let ticket = self.with_unit[self.dice.roll(self.with_unit.len() as u64) as usize].clone();
        let signed = self.book.tickets.get(&ticket).is_some_and(|known| known.version > 2 || !known.events.is_empty());
        let body =
            if signed { json!({ "command": "progress", "note": "在办" }) } else { json!({ "command": "sign" }) };
        let ask = self.ask(format!("/v1/tickets/{ticket}/commands"), body, What::Order);
        Ask { unit: PRICE, ..ask }
    }
}
