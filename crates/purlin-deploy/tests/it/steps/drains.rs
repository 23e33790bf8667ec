//! Drains and downtimes: by commands, and at a real HAProxy.

use super::conform::{conforms, subject_conforms};
use super::stages::{Built, env};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_deploy::{Finding, Outputs, Step, StepEnv, Undo, steps};
use purlin_health::alarm::{AlarmStore, MemoryStore};
use purlin_testkit::suites::deploy::{StepAbility, StepStage, StepSubject};
use purlin_testkit::{HaProxy, HaProxySettings, Nginx, NginxSettings};
use purlin_transport::{Host, Local, Transport};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

/// Two web servers that say their names, behind a balancer.
struct Site {
    proxy: HaProxy,
    members: Vec<Nginx>,
}

impl Site {
    fn start(names: &[&str]) -> Option<Self> {
        let mut members = Vec::new();
        let mut settings = HaProxySettings::new("app").checked();
        for name in names {
            let nginx = NginxSettings::new().path("/", 200, format!("{name}\n")).start().unwrap()?;
            settings = settings.member(*name, nginx.http());
            members.push(nginx);
        }
        Some(Self { proxy: settings.start().unwrap()?, members })
    }

    fn step(&self) -> steps::Drain {
        steps::Drain::at(steps::Haproxy::new(self.proxy.socket().to_str().unwrap(), "app"))
    }

    fn tell(&self, command: &str) -> String {
        let mut socket = UnixStream::connect(self.proxy.socket()).unwrap();
        socket.write_all(format!("{command}\n").as_bytes()).unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        text
    }

    /// The administrative states of its members, by name.
    fn states(&self) -> String {
        let text = self.tell("show servers state app");
        let lines = text.lines().skip(2).filter(|line| !line.trim().is_empty());
        let mut states = lines.map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            format!("{} {}", fields[3], fields[6])
        });
        let mut text: Vec<String> = states.by_ref().collect();
        text.sort();
        text.join(", ")
    }

    /// Who answers a client.
    fn asked(&self) -> String {
        let mut client = TcpStream::connect(self.proxy.http()).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        text.lines().last().unwrap_or_default().to_owned()
    }
}

async fn of(host: &str) -> StepEnv {
    StepEnv::new(Local::new().connect(&Cx::background(), &Host::new(host)).await.unwrap())
}

struct AtProxy(Arc<Site>);

#[async_trait::async_trait]
impl StepStage for AtProxy {
    fn step(&self) -> Arc<dyn Step> {
        Arc::new(self.0.step())
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(Local::new())
    }

    async fn seen(&self) -> Result<String> {
        Ok(self.0.states())
    }
}

#[async_trait::async_trait]
impl StepSubject for AtProxy {
    fn implementation(&self) -> &str {
        "drain at haproxy"
    }

    /// Each stage is the same balancer, as it was at first.
    async fn stage(&self) -> Result<Box<dyn StepStage>> {
        for name in ["web01", "web02"] {
            self.0.tell(&format!("set server app/{name} state ready"));
        }
        Ok(Box::new(Self(self.0.clone())))
    }
}

#[tokio::test]
async fn drains_conform() {
    let Some(site) = Site::start(&["web01", "web02"]) else { return };
    subject_conforms(&AtProxy(Arc::new(site))).await;
    conforms("drain by commands", &[], || {
        let flag = "{{ root }}/out";
        let commands =
            steps::BalancerCommands::new(["touch", flag], ["rm", "-f", flag], ["test", "-e", flag]);
        Built::new(steps::Drain::at(commands))
    })
    .await;
}

#[tokio::test]
async fn a_drained_member_is_asked_by_nobody_until_it_is_back() {
    let Some(site) = Site::start(&["web01", "web02"]) else { return };
    let (cx, env, step) = (Cx::background(), of("web01").await, site.step());
    assert_eq!(step.obligation().unwrap(), "{{ host }} drained from the backend app of HAProxy");
    let found = step.check(&cx, &env).await.unwrap();
    assert!(found.text().contains("web01 drained from the backend app"), "{found:?}");
    let outputs = step.apply(&cx, &env, &found).await.unwrap();
    step.verify(&cx, &env, &outputs).await.unwrap();
    for _ in 0..6 {
        assert_eq!(site.asked(), "web02");
    }
    assert_eq!(step.undo(&cx, &env, found.before().unwrap()).await.unwrap(), Undo::Undone);
    let answers: Vec<String> = (0..6).map(|_| site.asked()).collect();
    assert!(answers.contains(&"web01".to_owned()), "{answers:?}");
    assert_eq!(site.members.len(), 2);
}

#[tokio::test]
async fn the_last_member_that_serves_is_not_drained() {
    let Some(site) = Site::start(&["web01", "web02"]) else { return };
    let cx = Cx::background();
    let (first, second) = (of("web01").await, of("web02").await);
    let step = site.step();
    let (one, other) = (step.check(&cx, &first).await.unwrap(), step.check(&cx, &second).await.unwrap());
    // Both were found good; whoever comes second is refused all the same.
    step.apply(&cx, &first, &one).await.unwrap();
    let error = step.apply(&cx, &second, &other).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    assert_eq!(site.states(), "web01 8, web02 0");
    let Finding::Blocked { why } = step.check(&cx, &second).await.unwrap() else { panic!() };
    assert!(why.contains("no other member serves"), "{why}");

    let allowed = site.step().allow_last("nobody works at night");
    let found = allowed.check(&cx, &second).await.unwrap();
    allowed.apply(&cx, &second, &found).await.unwrap();
    assert_eq!(site.states(), "web01 8, web02 8");
}

#[tokio::test]
async fn of_two_that_are_drained_at_once_one_stays() {
    let Some(site) = Site::start(&["web01", "web02"]) else { return };
    let cx = Cx::background();
    let (first, second) = (of("web01").await, of("web02").await);
    let step = site.step();
    let (one, other) = (step.check(&cx, &first).await.unwrap(), step.check(&cx, &second).await.unwrap());
    let (one, other) = tokio::join!(step.apply(&cx, &first, &one), step.apply(&cx, &second, &other));
    assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1, "{one:?} {other:?}");
    assert!(["web01", "web02"].contains(&site.asked().as_str()));
}

#[tokio::test]
async fn it_is_not_proven_while_clients_are_still_there() {
    let Some(site) = Site::start(&["web01", "web02"]) else { return };
    let cx = Cx::background();
    // One client for each member, which have begun a request and not ended it.
    let mut clients: Vec<TcpStream> = Vec::new();
    for _ in 0..2 {
        let mut client = TcpStream::connect(site.proxy.http()).unwrap();
        let head = b"POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 10\r\n\r\n12345";
        client.write_all(head).unwrap();
        clients.push(client);
    }
    let env = of("web01").await;
    let step = site.step().sessions_within(Duration::from_millis(10));
    let found = step.check(&cx, &env).await.unwrap();
    let busy = |site: &Site| {
        let text = site.tell("show stat");
        let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let at = names.iter().position(|name| *name == "scur").unwrap();
        let line = text.lines().find(|line| line.starts_with("app,web01,")).unwrap();
        line.split(',').nth(at) != Some("0")
    };
    for _ in 0..2000 {
        if busy(&site) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(busy(&site), "no client reached it");
    step.apply(&cx, &env, &found).await.unwrap();
    let error = step.verify(&cx, &env, &Outputs::new()).await.unwrap_err();
    assert!(error.message().contains("clients are still there"), "{error}");
    site.step().cut_sessions().verify(&cx, &env, &Outputs::new()).await.unwrap();
    drop(clients);
    site.step().verify(&cx, &env, &Outputs::new()).await.unwrap();
}

#[tokio::test]
async fn what_haproxy_does_not_know_is_told() {
    let Some(site) = Site::start(&["web01", "web02"]) else { return };
    let cx = Cx::background();
    let error = site.step().check(&cx, &of("web03").await).await.unwrap_err();
    assert_eq!(error.message(), "the backend app has no server web03");
    let socket = site.proxy.socket();
    let unknown = steps::Drain::at(steps::Haproxy::new(socket.to_str().unwrap(), "other"));
    let error = unknown.check(&cx, &of("web01").await).await.unwrap_err();
    assert!(error.message().contains("Can't find backend"), "{error}");
    let odd = steps::Drain::at(steps::Haproxy::new(socket.to_str().unwrap(), "app; disable frontend front"));
    let error = odd.check(&cx, &of("web01").await).await.unwrap_err();
    assert!(error.message().contains("no name of HAProxy"), "{error}");
    let nowhere = steps::Drain::at(steps::Haproxy::new("/nowhere/admin.sock", "app"));
    assert!(nowhere.check(&cx, &of("web01").await).await.is_err());
}

struct Announced(Arc<MemoryStore>);

#[async_trait::async_trait]
impl StepStage for Announced {
    fn step(&self) -> Arc<dyn Step> {
        Arc::new(steps::Downtime::announced(self.0.clone()).author("kim"))
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(Local::new())
    }

    async fn seen(&self) -> Result<String> {
        let kept = self.0.load(&Cx::background()).await?;
        let told =
            kept.downtimes.values().map(|known| format!("{} {} {}", known.id, known.author, known.comment));
        Ok(told.collect::<Vec<_>>().join("\n"))
    }
}

#[async_trait::async_trait]
impl StepSubject for Announced {
    fn implementation(&self) -> &str {
        "downtime in a store"
    }

    fn abilities(&self) -> Vec<StepAbility> {
        StepAbility::ALL.into_iter().filter(|ability| *ability != StepAbility::Travels).collect()
    }

    async fn stage(&self) -> Result<Box<dyn StepStage>> {
        Ok(Box::new(Self(Arc::new(MemoryStore::new()))))
    }
}

#[tokio::test]
async fn downtimes_conform() {
    subject_conforms(&Announced(Arc::new(MemoryStore::new()))).await;
    conforms("downtime by commands", &[], || {
        let flag = "{{ root }}/downtime";
        Built::new(steps::Downtime::commands(["touch", flag], ["rm", "-f", flag], ["test", "-e", flag]))
    })
    .await;
}

#[tokio::test]
async fn a_downtime_is_about_its_host_and_ends_by_itself() {
    let store = Arc::new(MemoryStore::new());
    let step = steps::Downtime::announced(store.clone()).lasts(Duration::from_secs(900));
    let built = Built::new(step);
    let (cx, env) = (Cx::background(), env(&built).await);
    let found = built.step.check(&cx, &env).await.unwrap();
    assert_eq!(found.text(), "in a downtime of subject=web01\n");
    built.step.apply(&cx, &env, &found).await.unwrap();
    let kept = store.load(&cx).await.unwrap();
    let known = kept.downtimes.values().next().unwrap();
    assert_eq!(known.end.since(known.start), Duration::from_secs(900));
    let web01 = purlin_core::Subject::new("host", "web01");
    assert!(known.select.selects(&"http".into(), &web01));
    assert!(!known.select.selects(&"http".into(), &purlin_core::Subject::new("host", "web02")));
    let odd = steps::Downtime::announced(store).select("subject");
    assert_eq!(odd.check(&cx, &env).await.map_err(|error: Error| error.kind()), Err(ErrorKind::Invalid));
}
