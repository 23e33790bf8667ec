//! Calls of a real web server.

use super::super::conform::subject_conforms;
use purlin_core::{Cx, ErrorKind, Outcome, Result, SecretRef};
use purlin_deploy::steps::{HttpCall, HttpRequest};
use purlin_deploy::{Effect, Step, StepEnv, Undo};
use purlin_testkit::suites::deploy::{StepAbility, StepStage, StepSubject};
use purlin_testkit::{Nginx, NginxSettings};
use purlin_transport::{Host, Local, Transport};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

/// A web server whose state is a file: PUT makes it, DELETE removes it, GET tells whether it is there.
struct Flag {
    nginx: Nginx,
    folder: tempfile::TempDir,
}

impl Flag {
    fn start() -> Option<Arc<Self>> {
        let folder = tempfile::tempdir().unwrap();
        // nginx as root works as somebody else.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let root = folder.path().display();
        let says = "add_header X-Key $http_idempotency_key always;";
        let put = format!("root {root}; dav_methods PUT DELETE; {says}");
        let auth =
            "if ($http_authorization != \"Bearer hunter2-hunter2\") { return 401 \"who?\"; } return 200 OK;";
        let settings = NginxSettings::new()
            .location("/flag", put)
            .path("/fail", 200, "FAIL - no such application\n")
            .location("/token", auth)
            .location("/moved", "return 302 /flag;");
        Some(Arc::new(Self { nginx: settings.start().unwrap()?, folder }))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.nginx.http())
    }

    fn step(&self) -> HttpCall {
        let put = HttpRequest::put(self.url("/flag")).body("{{ host }}\n");
        let get = HttpRequest::get(self.url("/flag")).expect_start("{{ host }}");
        HttpCall::unless(put, get).undo(HttpRequest::new("DELETE", self.url("/flag")))
    }
}

async fn env() -> StepEnv {
    StepEnv::new(Local::new().connect(&Cx::background(), &Host::new("web01")).await.unwrap())
}

struct Subject(Arc<Flag>);

#[async_trait::async_trait]
impl StepStage for Subject {
    fn step(&self) -> Arc<dyn Step> {
        Arc::new(self.0.step())
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(Local::new())
    }

    async fn seen(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.0.folder.path().join("flag")).unwrap_or_default())
    }
}

#[async_trait::async_trait]
impl StepSubject for Subject {
    fn implementation(&self) -> &str {
        "http"
    }

    fn abilities(&self) -> Vec<StepAbility> {
        StepAbility::ALL.into_iter().filter(|ability| *ability != StepAbility::Travels).collect()
    }

    async fn stage(&self) -> Result<Box<dyn StepStage>> {
        let _ = std::fs::remove_file(self.0.folder.path().join("flag"));
        Ok(Box::new(Self(self.0.clone())))
    }
}

#[tokio::test]
async fn calls_conform() {
    let Some(flag) = Flag::start() else { return };
    subject_conforms(&Subject(flag)).await;
}

#[tokio::test]
async fn a_status_of_200_is_not_taken_for_success_where_the_text_says_otherwise() {
    let Some(flag) = Flag::start() else { return };
    let (cx, env) = (Cx::background(), env().await);
    let call = HttpCall::always(HttpRequest::get(flag.url("/fail")).expect_start("OK"), "to see");
    let found = call.check(&cx, &env).await.unwrap();
    assert_eq!((found.word(), call.effect()), ("may", Effect::AtMostOnce));
    let error = call.apply(&cx, &env, &found).await.unwrap_err();
    assert!(error.message().contains("200 OK: FAIL - no such application"), "{error}");
    assert_eq!(error.outcome(), Outcome::Sent);
    assert!(matches!(
        Step::undo(&call, &cx, &env, &Default::default()).await.unwrap(),
        Undo::Irreversible { .. }
    ));

    let moved = HttpCall::always(HttpRequest::get(flag.url("/moved")), "to see").idempotent();
    let error = moved.apply(&cx, &env, &found).await.unwrap_err();
    assert!(error.message().contains("302"), "{error}");
}

#[tokio::test]
async fn a_token_is_sent_and_shown_nowhere() {
    let Some(flag) = Flag::start() else { return };
    let (cx, env) = (Cx::background(), env().await);
    let request =
        HttpRequest::post(flag.url("/token")).bearer(SecretRef::literal("hunter2-hunter2".to_owned()));
    let call = HttpCall::always(request, "to see");
    let found = call.check(&cx, &env).await.unwrap();
    call.apply(&cx, &env, &found).await.unwrap();
    let shown = format!("{call:?} {}", serde_json::to_string(&call.definition().unwrap()).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");

    let inside = HttpCall::always(HttpRequest::get("http://user:hunter2@127.0.0.1/"), "to see");
    let error = inside.check(&cx, &env).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_web_server_that_is_away_does_not_make_the_host_unreachable() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let call = HttpCall::always(HttpRequest::get(format!("http://{gone}/")), "to see");
    let (cx, env) = (Cx::background(), env().await);
    let found = call.check(&cx, &env).await.unwrap();
    let error = call.apply(&cx, &env, &found).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent), "{error}");
}
