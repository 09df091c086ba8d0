//! Logins with keys made here, and every way in which one may be wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PublicKeyData as _};
use serde_json::json;
use tempfile::TempDir;

use super::super::{Access, Claims, Operation, Unknown};
use super::*;

fn now() -> DateTime<Utc> {
    "2026-03-02T01:00:00Z".parse().unwrap()
}

struct Login {
    folder: TempDir,
    ec: KeyPair,
    ed: KeyPair,
    jwt: Jwt,
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ec_key(key: &KeyPair, id: &str) -> Value {
    let raw = key.der_bytes();
    json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": encoded(&raw[1..33]), "y": encoded(&raw[33..])})
}

fn ed_key(key: &KeyPair, id: &str) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": encoded(key.der_bytes())})
}

fn settings(keys: PathBuf) -> JwtSettings {
    let roles = [("paiban", Role::Dispatcher), ("danwei", Role::Unit), ("zhongxin", Role::Center)];
    JwtSettings {
        issuer: "https://login.example".into(),
        audience: "paidan".into(),
        keys,
        name: "sso".into(),
        leeway_s: 30,
        jurisdiction: String::new(),
        claims: ClaimNames::default(),
        roles: roles.into_iter().map(|(name, role)| (name.to_owned(), role)).collect(),
    }
}

fn login() -> Login {
    let folder = tempfile::tempdir().unwrap();
    let ec = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let ed = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, json!({"keys": [ec_key(&ec, "ec"), ed_key(&ed, "ed")]}).to_string()).unwrap();
    let jwt = Jwt::open(settings(path), now()).unwrap();
    Login { folder, ec, ed, jwt }
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "aud": ["x", "paidan"], "sub": "u-17", "role": "paiban",
        "jurisdiction": "demo", "exp": now().timestamp() + 600, "nbf": now().timestamp() - 5,
    })
}

/// The claims with one of them changed; `null` takes it out.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let map = claims.as_object_mut().unwrap();
    if value.is_null() {
        map.remove(name)
    } else {
        map.insert(name.to_owned(), value)
    };
    claims
}

impl Login {
    fn signed(&self, claims: &Value) -> String {
        sign(&self.ec, Algorithm::ES256, Some("ec"), claims)
    }

    fn who(&self, bearer: &str) -> Result<Actor, Rejected> {
        self.jwt.actor(bearer, now())
    }
}

fn sign(key: &KeyPair, algorithm: Algorithm, id: Option<&str>, claims: &Value) -> String {
    let der = key.serialize_der();
    let secret = match algorithm {
        Algorithm::EdDSA => EncodingKey::from_ed_der(&der),
        _ => EncodingKey::from_ec_der(&der),
    };
    encode(&Header { kid: id.map(str::to_owned), ..Header::new(algorithm) }, claims, &secret).unwrap()
}

#[test]
fn a_login_is_a_caller_like_behind_a_token() {
    let login = login();
    let actor =
        Actor { person: "sso/u-17".into(), role: Role::Dispatcher, jurisdiction: "demo".into(), ..Actor::default() };
    assert_eq!(login.who(&login.signed(&claims())), Ok(actor.clone()));
    let by_ed = sign(&login.ed, Algorithm::EdDSA, Some("ed"), &claims());
    assert_eq!(login.who(&by_ed), Ok(actor.clone()));
    let bearer = login.signed(&claims());
    let access = Access::new(Vec::new()).with_jwt(login.jwt);
    assert!(!access.is_open(), "nobody comes in without");
    assert_eq!(access.caller(&Claims::default(), now()), Err(Unknown::NoToken));
    let said = Claims { token: Some(&bearer), ..Claims::default() };
    let caller = access.caller(&said, now()).unwrap();
    assert_eq!((caller.actor(Operation::WorkQueue), caller.client.as_str()), (actor, "sso"));
    let other = Claims { person: Some(b"u-18"), ..said };
    assert!(matches!(access.caller(&other, now()), Err(Unknown::Fixed(_))), "a login says everything");
    let guess = Claims { token: Some("0000"), ..Claims::default() };
    assert_eq!(access.caller(&guess, now()), Err(Unknown::WrongToken), "not of that form");
}

#[test]
fn units_posts_and_nested_roles() {
    let mut login = login();
    login.jwt.settings.claims.role = "realm_access.roles".into();
    let mut said = with("unit", json!("区住房建设局"));
    said["realm_access"] = json!({"roles": ["offline", "danwei"]});
    said["post"] = json!("deputy");
    let actor = login.who(&login.signed(&said)).unwrap();
    assert_eq!((actor.role, actor.unit.as_str(), actor.post), (Role::Unit, "区住房建设局", Post::Deputy));
    said["realm_access"]["roles"] = json!(["danwei", "zhongxin"]);
    assert_eq!(login.who(&login.signed(&said)), Err(Rejected::Role), "which of them?");
    said["realm_access"]["roles"] = json!(["danwei"]);
    said.as_object_mut().unwrap().remove("unit");
    assert_eq!(login.who(&login.signed(&said)), Err(Rejected::Claim("unit".into())));
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let login = login();
    let t = now().timestamp();
    let claim = |name: &str| Rejected::Claim(name.to_owned());
    for (claims, why) in [
        (with("iss", json!("https://evil.example")), Rejected::Issuer),
        (with("iss", Value::Null), claim("iss")),
        (with("aud", json!("other")), Rejected::Audience),
        (with("aud", Value::Null), claim("aud")),
        (with("exp", json!(t - 30)), Rejected::Expired),
        (with("exp", Value::Null), claim("exp")),
        (with("exp", json!("never")), claim("exp")),
        (with("nbf", json!(t + 31)), Rejected::NotYet),
        (with("role", Value::Null), claim("role")),
        (with("role", json!("boss")), Rejected::Role),
        (with("role", json!("center")), Rejected::Role),
        (with("role", json!("danwei")), claim("unit")),
        (with("sub", Value::Null), claim("sub")),
        (with("sub", json!("a/b")), claim("sub")),
        (with("jurisdiction", Value::Null), claim("jurisdiction")),
        (with("post", json!("boss")), claim("post")),
        (with("unit", json!(["a"])), claim("unit")),
    ] {
        let got = login.who(&login.signed(&claims));
        // The library sees some of them first, and says the same in other words.
        let form = matches!((&got, &why), (Err(Rejected::Form), Rejected::Claim(_)));
        assert!(got == Err(why.clone()) || form, "{claims}: {got:?}, not {why:?}");
    }
    let within = with("exp", json!(t - 29));
    assert!(login.who(&login.signed(&within)).is_ok(), "clocks may be half a minute apart");
    let any = login.who(&login.signed(&with("jurisdiction", json!("*")))).unwrap();
    assert_eq!(any.jurisdiction, "");
}

#[test]
fn neither_none_nor_a_shared_secret_nor_another_key() {
    let login = login();
    let good = login.signed(&claims());
    let [head, body, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let headed = |header: Value| encoded(header.to_string().as_bytes());
    let none = headed(json!({"alg": "none", "typ": "JWT"}));
    for bearer in [format!("{none}.{body}."), format!("{none}.{body}.{signature}")] {
        assert_eq!(login.who(&bearer), Err(Rejected::Algorithm), "{bearer}");
    }
    // The public key as the secret of an HMAC: in each form that somebody might think of.
    for secret in [login.ec.der_bytes().to_vec(), login.ec.public_key_pem().into_bytes()] {
        let header = Header { kid: Some("ec".into()), ..Header::new(Algorithm::HS256) };
        let forged = encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
        assert_eq!(login.who(&forged), Err(Rejected::Algorithm));
    }
    // Another key of the same kind, under a known id; a known key under another's id; an algorithm that is not the key's.
    let stranger = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    assert_eq!(login.who(&sign(&stranger, Algorithm::ES256, Some("ec"), &claims())), Err(Rejected::Signature));
    assert_eq!(login.who(&sign(&login.ed, Algorithm::EdDSA, Some("ec"), &claims())), Err(Rejected::Algorithm));
    assert_eq!(login.who(&sign(&stranger, Algorithm::ES256, Some("new"), &claims())), Err(Rejected::Key));
    assert_eq!(login.who(&sign(&stranger, Algorithm::ES256, None, &claims())), Err(Rejected::Key), "two keys, no id");
    let other = headed(json!({"alg": "RS256", "kid": "ec"}));
    assert_eq!(login.who(&format!("{other}.{body}.{signature}")), Err(Rejected::Algorithm));
    // What was signed is what counts.
    let changed = encoded(with("role", json!("zhongxin")).to_string().as_bytes());
    assert_eq!(login.who(&format!("{head}.{changed}.{signature}")), Err(Rejected::Signature));
    for broken in ["ey..", "ey.ey.ey", &format!("{}.", good)[..], &"ey.".repeat(9_000)] {
        assert!(login.who(broken).is_err(), "{}", broken.len());
    }
}

#[test]
fn a_new_key_is_found_and_a_broken_file_changes_nothing() {
    let login = login();
    let new = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let bearer = sign(&new, Algorithm::ES256, Some("new"), &claims());
    let at = |seconds: i64| login.jwt.actor(&bearer, now() + TimeDelta::seconds(seconds)).map(drop);
    assert_eq!(at(0), Err(Rejected::Key));
    let path = login.folder.path().join("jwks.json");
    std::fs::write(&path, json!({"keys": [ec_key(&new, "new")]}).to_string()).unwrap();
    assert_eq!(at(2), Ok(()), "a changed file is read within a second");
    std::fs::write(&path, "{").unwrap();
    assert_eq!(at(4), Ok(()));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(at(6), Ok(()));
    assert_eq!(
        login.jwt.actor(&login.signed(&claims()), now() + TimeDelta::seconds(20)),
        Err(Rejected::Key),
        "withdrawn"
    );
}

#[test]
fn keys_that_sign_nothing_start_no_service() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    assert!(Jwt::open(settings(path.clone()), now()).is_err(), "no file");
    let ec = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut encrypts = ec_key(&ec, "a");
    encrypts["use"] = json!("enc");
    for keys in [json!([]), json!([{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}]), json!([encrypts])] {
        std::fs::write(&path, json!({ "keys": keys }).to_string()).unwrap();
        assert!(Jwt::open(settings(path.clone()), now()).is_err(), "{keys}");
    }
    let wrong = |change: fn(&mut JwtSettings)| {
        let mut settings = settings(path.clone());
        change(&mut settings);
        settings.check().is_err()
    };
    assert!(wrong(|it| it.issuer.clear()) && wrong(|it| it.roles.clear()) && wrong(|it| it.leeway_s = 3_600));
    assert!(wrong(|it| it.roles = [("x".to_owned(), Role::System)].into()));
}

/// RSA keys take seconds to make: these logins were signed once, by a key that nobody has kept.
#[test]
fn rsa_signatures_count_by_both_paddings() {
    let kept: Value = serde_json::from_str(include_str!("rsa.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, kept["jwks"].to_string()).unwrap();
    let jwt = Jwt::open(settings(path), now()).unwrap();
    for algorithm in ["RS256", "PS256"] {
        let bearer = kept[algorithm].as_str().unwrap();
        assert_eq!(jwt.actor(bearer, now()).map(|it| it.person), Ok("sso/u-17".to_owned()), "{algorithm}");
        let last = if bearer.ends_with('A') { "B" } else { "A" };
        let middle = bearer.len() - 9;
        let forged = format!("{}{last}{}", &bearer[..middle], &bearer[middle + 1..]);
        assert!(bearer == forged || jwt.actor(&forged, now()) == Err(Rejected::Signature), "{algorithm}");
    }
}
