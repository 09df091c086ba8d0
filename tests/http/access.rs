//! One test per cell of the table of rights: every route with a token of every role, and `docs/access.md`, which is made of the
//! program.

use std::fmt::Write as _;
use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, TimeDelta};
use paidan::access::{Operation, Token};
use paidan::config::Settings;
use paidan::ticket::{Actor, Assist, AssistState, Claim, Phase, Role, Sight, Ticket, Viewer};

use super::site::{RULES, Reply, Site, now, with};

/// Method, path as the document has it, operations by name.
pub(super) fn routes(site: &Site) -> Vec<(String, String, Vec<String>)> {
    let mut found = Vec::new();
    for (path, item) in site.document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let named = operation["x-operations"].as_array().into_iter().flatten();
            let named = named.map(|it| it.as_str().expect("a name").to_owned()).collect();
            found.push((method.clone(), path.clone(), named));
        }
    }
    found
}

fn of_people() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(|role| *role != Role::System)
}

fn token(name: &str, role: Role, jurisdiction: &str) -> Token {
    let unit = if role == Role::Unit { "区交通局".to_owned() } else { String::new() };
    Token::new(name, name, Actor { role, jurisdiction: jurisdiction.into(), unit, ..Actor::default() })
}

async fn ask(site: &Site, method: &str, path: &str, bearer: Option<&str>) -> Reply {
    let path = path
        .replace("{id}", "DM-20220929-00001")
        .replace("{jurisdiction}", "demo")
        .replace("{event}", "1-1")
        .replace("{draft}", "d-1")
        .replace("{backtest}", "1")
        .replace("{number}", "1");
    let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(path.replace("{name}", "x"));
    if let Some(bearer) = bearer {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    let request = request.header("content-type", "application/json");
    site.send(request.body(Body::from(if method == "get" { "" } else { "{" })).expect("a request")).await
}

/// HN-50: each role may do what the table says, and nothing else; without a good token nobody may do anything.
#[tokio::test]
async fn hn_50_every_route_with_a_token_of_every_role() {
    let mut tokens: Vec<Token> = of_people().map(|role| token(role.name(), role, "demo")).collect();
    tokens.push(Token { revoked: Some(now()), ..token("revoked", Role::Center, "demo") });
    let past = Some("2020-01-01".parse().expect("a day"));
    tokens.push(Token { expires: past, ..token("expired", Role::Center, "demo") });
    let site = with(RULES, tokens, &Settings::default());
    let mut asked = 0;
    for (method, path, needed) in routes(&site) {
        if needed.is_empty() {
            let open = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/public/ask"];
            assert!(open.contains(&path.as_str()), "{method} {path} names no operation: add it to http/rights.rs");
            continue;
        }
        for role in of_people() {
            let may = Operation::ALL
                .iter()
                .any(|(operation, name, _)| role.may(*operation) && needed.iter().any(|needed| needed == name));
            if may && path == "/v1/events" {
                // It would never end.
                continue;
            }
            let reply = ask(&site, &method, &path, Some(role.name())).await;
            assert_eq!(reply.status != 403, may, "{method} {path} as {}: {reply:?}", role.name());
            assert!(may || reply.problem().1 == "forbidden", "{reply:?}");
            asked += 1;
        }
        assert_eq!(ask(&site, &method, &path, None).await.status, 401, "{method} {path} without a token");
    }
    assert!(asked > 800, "{asked}");
    for bearer in ["revoked", "expired", "nobody"] {
        assert_eq!(ask(&site, "get", "/v1/tickets", Some(bearer)).await.problem(), (401, "unauthorized".into()));
    }
}

/// A token of one jurisdiction reaches nothing of another by any path that names one.
#[tokio::test]
async fn a_jurisdiction_is_closed_to_the_tokens_of_another() {
    let tokens = of_people().map(|role| token(role.name(), role, "empty")).collect();
    let site = with(RULES, tokens, &Settings::default());
    for (method, path, _) in routes(&site) {
        if !path.contains("{jurisdiction}") || method != "get" {
            continue;
        }
        for role in [Role::RuleAuthor, Role::Center, Role::Admin, Role::Unit, Role::KnowledgeMaintainer] {
            let reply = ask(&site, &method, &path, Some(role.name())).await;
            assert!(matches!(reply.status, 400 | 403 | 404), "{method} {path} as {}: {reply:?}", role.name());
        }
    }
    for (path, body) in [
        ("/v1/rules/demo/why", r#"{"text": "涨价"}"#),
        ("/v1/rules/demo/models", "{}"),
        ("/v1/rules/demo/models/use", "{}"),
        ("/v1/rules/demo/mine", "{}"),
        ("/v1/rules/demo/coverage", "{}"),
        ("/v1/rules/demo/backtests", r#"{"new": {}, "from": "2022-01-01T00:00:00Z"}"#),
        ("/v1/drafts/demo", r#"{"message": "a", "files": {}}"#),
        ("/v1/trials/demo/stop", r#"{"reason": "a"}"#),
        ("/v1/releases/demo/rollback", r#"{"to": "abcdef", "message": "a"}"#),
        ("/v1/entries/search", r#"{"jurisdiction": "demo", "text": "a"}"#),
        ("/v1/knowledge/regress", r#"{"jurisdiction": "demo"}"#),
    ] {
        let reply = site.post_with(path, &[("authorization", "Bearer rule_author")], body).await;
        let refused = reply.status == 403 || reply.status == 422;
        assert!(refused && !reply.text.contains("区市场监管局"), "{path}: {reply:?}");
    }
}

/// The page says what the program does. `PAIDAN_BLESS=1` writes it.
#[tokio::test]
async fn the_page_is_what_the_program_does() {
    let page = page(&with(RULES, Vec::new(), &Settings::default()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access.md");
    if std::env::var_os("PAIDAN_BLESS").is_some() {
        std::fs::write(&path, &page).expect("docs/access.md is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/access.md is not what the program does: PAIDAN_BLESS=1 cargo test the_page_is_what");
}

fn page(site: &Site) -> String {
    let mut page = String::from(
        "# 谁能做什么 · Who may do what\n\n本页由程序生成，测试逐格核对（`tests/http/access.rs`）。*Made from the program; every cell is tested.*\n\n\
         角色来自令牌（`paidan token new`）或登录（`[jwt]`），见 [settings.md](settings.md)。一个令牌只在它的辖区里有效；别的辖区的工单、草稿、模型，对它不存在。\n\n\
         ## 角色与操作\n\n| 操作 | 说明 |",
    );
    for role in of_people() {
        let _ = write!(page, " {} |", role.title());
    }
    page.push_str("\n|---|---|");
    of_people().for_each(|_| page.push_str("---|"));
    page.push_str("\n| | |");
    for role in of_people() {
        let _ = write!(page, " `{}` |", role.name());
    }
    for (operation, name, title) in Operation::ALL {
        let _ = write!(page, "\n| `{name}` | {title} |");
        for role in of_people() {
            page.push_str(if role.may(operation) { " 可 |" } else { " |" });
        }
    }
    page.push_str("\n\n## 操作与接口\n\n没有列出的接口不需要令牌：`/healthz`、`/readyz`、`/metrics`、`/openapi.json`、`/docs`，以及开通后的 `POST /v1/public/ask`。\n写着两项操作的，有一项就能进门，做哪一项由内容决定。\n\n| 接口 | 操作 |\n|---|---|\n");
    let mut routes = routes(site);
    routes.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    for (method, path, needed) in routes.into_iter().filter(|(_, _, needed)| !needed.is_empty()) {
        let needed: Vec<String> = needed.iter().map(|it| format!("`{it}`")).collect();
        let _ = writeln!(page, "| `{} {path}` | {} |", method.to_uppercase(), needed.join("、"));
    }
    page.push_str("\n## 对工单的操作\n\n有 `act_on_tickets` 的角色能否下达某条操作，还要看它在这件工单上是谁、是什么岗位。每条操作的条件见 [commands.md](commands.md)。\n\n| 操作 | 谁 | 状态 |\n|---|---|---|\n");
    for (name, who, phases) in commands() {
        let _ = writeln!(page, "| `{name}` | {who} | {phases} |");
    }
    page.push_str("\n谁也不审核自己的工作：同一个人（人员编号相同，不论用哪个令牌）不能审核自己提交的办结、批准自己申请的延期和退件、批准自己改过的规则草稿和知识条目。不写人员的令牌，令牌本身就是那个人。\n");
    page.push_str("\n## 看得到多少\n\n| 谁 | 普通工单 | 保密工单 |\n|---|---|---|\n");
    for (who, ordinary, confidential) in sights() {
        let _ = writeln!(page, "| {who} | {} | {} |", in_words(ordinary), in_words(confidential));
    }
    page.push_str(
        "\n- **不存在**：404，列表、预警、队列、事件流、推送、企业档案里都没有，数目里也没有。\n\
         - **外壳**：编号、类别、预警、时限、在谁手里；没有任何人写的文字，事件写作 `{\"withheld\": true}`。配合单位另能看到自己的任务。\n\
         - **遮盖**：全部内容，来件人、原文、手写文字中的号码和姓名遮盖，证据只有文件名。\n\
         - **全部**：包括个人信息和原文。\n\n\
         保密工单在列表、队列、预警和企业档案里对谁都只有外壳；它的文字不用于相似工单、未命中、知识草稿、回测摘要和训练。\n\
         领取它的派单员按人认：坐席共用一个令牌的，读的时候也要带领取时的 `X-Paidan-Person`。\n\
         单位看不到相似、重复的其他工单。没有令牌的本机服务对谁都是全部。\n",
    );
    page
}

/// Who may and when, as `docs/commands.md` says, which a test of its own compares with the program.
fn commands() -> Vec<(String, String, String)> {
    let told = include_str!("../../docs/commands.md");
    let line = |part: &str, name: &str| {
        let found = part.lines().find_map(|line| line.strip_prefix(&format!("- {name}：")));
        found.unwrap_or_default().to_owned()
    };
    let parts = told.split("\n### `").skip(1);
    parts
        .map(|part| (part.split('`').next().unwrap_or_default().to_owned(), line(part, "谁"), line(part, "状态")))
        .collect()
}

fn in_words(sight: Sight) -> &'static str {
    match sight {
        Sight::Nothing => "不存在",
        Sight::Shell => "外壳",
        Sight::Covered => "遮盖",
        Sight::All => "全部",
    }
}

/// How much each sees of a ticket that the lead 甲 handles.
fn sights() -> Vec<(&'static str, Sight, Sight)> {
    let ticket = |confidential| {
        let mut ticket = Ticket::new("DM-20220929-00001".parse().expect("an id"));
        (ticket.confidential, ticket.lead, ticket.phase) = (confidential, "甲".into(), Phase::Handling);
        ticket.life.posted_by = "hotline".into();
        let assist = |unit: &str, state| Assist { unit: unit.into(), task: String::new(), state };
        ticket.life.assists = vec![assist("乙", AssistState::Working), assist("丙", AssistState::Proposed)];
        ticket.life.units = vec!["丁".into(), "甲".into()];
        ticket.followers = vec!["己".into()];
        let since = DateTime::UNIX_EPOCH + TimeDelta::seconds(1);
        ticket.claim = Some(Claim { person: "seat".into(), fence: 1, lease_s: 60, since });
        ticket
    };
    let rows = [
        ("提交它的平台", Role::Platform, "", "hotline"),
        ("别的平台", Role::Platform, "", "other"),
        ("领取它的派单员", Role::Dispatcher, "", "seat"),
        ("别的派单员", Role::Dispatcher, "", "other"),
        ("联动中心", Role::Center, "", "c"),
        ("主责单位", Role::Unit, "甲", "u"),
        ("配合单位", Role::Unit, "乙", "u"),
        ("跟踪单位", Role::Unit, "己", "u"),
        ("办过、配合过的单位", Role::Unit, "丁", "u"),
        ("只是建议配合、尚未确认的单位", Role::Unit, "丙", "u"),
        ("其他单位", Role::Unit, "庚", "u"),
        ("领导小组办公室", Role::Office, "", "o"),
        ("来件人", Role::Requester, "", "r"),
        ("审计", Role::Auditor, "", "a"),
        ("运维", Role::Admin, "", "a"),
        ("规则作者、知识库维护", Role::RuleAuthor, "", "a"),
    ];
    let seen = |role, unit: &str, person: &str| {
        let viewer = Viewer { role: Some(role), unit: unit.into(), person: person.into(), ..Viewer::default() };
        [false, true].map(|confidential| viewer.sight(&ticket(confidential)))
    };
    let row = |(who, role, unit, person): (&'static str, Role, &str, &str)| {
        let [ordinary, confidential] = seen(role, unit, person);
        (who, ordinary, confidential)
    };
    rows.map(row).to_vec()
}
