//! Each server by itself, and what a check makes of it.

use crate::server::{cx, open, opened, profile, settings};
use purlin_core::TlsSettings;
use purlin_health::{Cause, Check, CheckOutcome, Evidence, Phase, Status};
use purlin_ldap::health::DirectoryCheck;
use purlin_ldap::{LdapDirectory, LdapSettings};
use purlin_testkit::{ReservedPort, Slapd, SlapdSettings, TestCa};
use std::time::Duration;

async fn run(directory: &LdapDirectory) -> CheckOutcome {
    DirectoryCheck::of(directory).run(&cx()).await
}

fn answered(outcome: CheckOutcome) -> Evidence {
    match outcome {
        CheckOutcome::Answered(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

fn measured(evidence: &Evidence, name: &str) -> Option<f64> {
    evidence.measurements.iter().find(|known| known.name == name).map(|known| known.value)
}

#[tokio::test]
async fn one_server_of_two_is_a_warning_and_none_is_a_failure() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let free = ReservedPort::new().unwrap();
    let good = answered(run(&opened([slapd.ldap()]).await).await);
    assert_eq!((good.verdict(), good.message.as_str()), (Status::Ok, "1 of 1 servers answer"));
    for phase in [Phase::Connect, Phase::Login, Phase::Execute] {
        assert!(good.phases.get(phase).is_some(), "{phase:?}");
    }
    let half = answered(run(&opened([free.address(), slapd.ldap()]).await).await);
    assert_eq!((half.verdict(), measured(&half, "servers_down")), (Status::Warning, Some(1.0)));
    assert!(half.message.contains(&free.address().to_string()), "{}", half.message);
    match run(&opened([free.address(), free.address()]).await).await {
        CheckOutcome::Failed(failure) => {
            assert_eq!((failure.phase, failure.cause), (Phase::Connect, Cause::Refused));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_days_of_certificates_are_measured_and_a_wrong_one_is_told() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let Some(slapd) = SlapdSettings::new().tls(leaf.path(), leaf.key_path()).start().unwrap() else { return };
    for url in [
        format!("ldaps://localhost:{}", slapd.ldaps().unwrap().port()),
        format!("ldap+starttls://localhost:{}", slapd.ldap().port()),
    ] {
        let settings = LdapSettings::new(profile()).server(&url).unwrap();
        let trusting = settings.clone().tls(TlsSettings::new().ca_only(ca.path()));
        let directory = open(trusting).await;
        let evidence = answered(run(&directory).await);
        assert!(
            measured(&evidence, "days").is_some() && measured(&evidence, "ca_days").is_some(),
            "{evidence:?}"
        );
        assert!(evidence.phases.get(Phase::Tls).is_some(), "{evidence:?}");
        let wary = DirectoryCheck::of(&directory).critical_before(Duration::from_secs(86_400 * 100_000));
        assert_eq!(answered(wary.run(&cx()).await).verdict(), Status::Critical);
        let other = TestCa::new().unwrap();
        let directory = open(settings.tls(TlsSettings::new().ca_only(other.path()))).await;
        match run(&directory).await {
            CheckOutcome::Failed(failure) => {
                assert_eq!(failure.cause, Cause::Tls("unknown-issuer".to_owned()));
                assert_eq!(failure.phase, Phase::Tls);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_entry_that_must_be_there_is_missed() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let gone = format!("uid=gone,{}", Slapd::BASE).parse().unwrap();
    let check = DirectoryCheck::of(&opened([slapd.ldap()]).await).known(gone);
    match check.run(&cx()).await {
        CheckOutcome::Failed(failure) => assert!(failure.message.contains("uid=gone"), "{failure:?}"),
        other => panic!("{other:?}"),
    }
    let wrong = settings([slapd.ldap()]);
    let wrong = wrong.bind(Slapd::SYNC.parse().unwrap(), purlin_core::SecretRef::literal("wrong"));
    match run(&open(wrong).await).await {
        CheckOutcome::Failed(failure) => assert_eq!(failure.cause, Cause::Auth),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_lacks_changes_is_behind() {
    let Some(older) = SlapdSettings::new().start().unwrap() else { return };
    // Filled later, so that its changes are newer.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let newer = SlapdSettings::new().id(2).start().unwrap().unwrap();
    let directory = opened([older.ldap(), newer.ldap()]).await;
    let reports = directory.inspect(&cx(), None).await;
    assert!(reports[0].newest.contains_key("001") && reports[1].newest.contains_key("002"), "{reports:?}");
    assert!(reports[0].behind > reports[1].behind, "{reports:?}");
    let check = DirectoryCheck::of(&directory).behind(Duration::ZERO);
    assert_eq!(answered(check.run(&cx()).await).verdict(), Status::Warning);
}
