//! The suite for directories, over slapd and over the one in memory.

use crate::server;
use async_trait::async_trait;
use purlin_core::{Cx, Result, SecretRef};
use purlin_ldap::{
    Directory, Entry, FakeDirectory, FakeFault, LdapDirectory, Profile, Reason, Verdict, ldif,
};
use purlin_testkit::suites::{DIRECTORY_PEOPLE, DirectoryCapability, DirectoryHarness, directory};
use purlin_testkit::{Slapd, SlapdSettings};
use std::sync::Arc;

struct Real(Slapd);

#[async_trait]
impl DirectoryHarness for Real {
    fn implementation(&self) -> &str {
        "slapd"
    }

    fn capabilities(&self) -> Vec<DirectoryCapability> {
        vec![DirectoryCapability::Referrals, DirectoryCapability::Policy, DirectoryCapability::Schema]
    }

    async fn directory(&self, cx: &Cx, profile: Profile) -> Result<Arc<dyn Directory>> {
        let mut settings = server::settings([self.0.ldap()]);
        settings.profile = profile;
        Ok(Arc::new(LdapDirectory::open(cx, settings).await?))
    }

    async fn limited(&self, cx: &Cx, profile: Profile) -> Result<Arc<dyn Directory>> {
        let mut settings = server::settings([self.0.ldap()]);
        settings.profile = profile;
        let settings = settings.bind(Slapd::READER.parse()?, SecretRef::literal("reader"));
        Ok(Arc::new(LdapDirectory::open(cx, settings).await?))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_slapd() {
    let Some(slapd) = SlapdSettings::new().users(DIRECTORY_PEOPLE).start().unwrap() else { return };
    directory(&Real(slapd)).await.assert_golden("tests/golden/slapd.txt");
}

struct Fake(Vec<Entry>);

impl Fake {
    fn made(&self, profile: Profile) -> Result<FakeDirectory> {
        let fake = FakeDirectory::from_entries(profile, self.0.clone());
        let dn = |name: &str| format!("uid={name},ou=people,{}", Slapd::BASE).parse();
        fake.verdict(dn("locked")?, Verdict::Refused(Reason::Locked));
        fake.verdict(dn("expired")?, Verdict::Refused(Reason::Expired));
        fake.verdict(dn("reset")?, Verdict::Refused(Reason::MustChange));
        Ok(fake)
    }
}

#[async_trait]
impl DirectoryHarness for Fake {
    fn implementation(&self) -> &str {
        "fake"
    }

    fn capabilities(&self) -> Vec<DirectoryCapability> {
        vec![DirectoryCapability::Policy]
    }

    async fn directory(&self, _: &Cx, profile: Profile) -> Result<Arc<dyn Directory>> {
        Ok(Arc::new(self.made(profile)?))
    }

    async fn limited(&self, _: &Cx, profile: Profile) -> Result<Arc<dyn Directory>> {
        let fake = self.made(profile)?;
        fake.always(FakeFault::SizeLimit(500));
        Ok(Arc::new(fake))
    }
}

#[tokio::test]
async fn over_the_one_in_memory() {
    let ldif = SlapdSettings::new().users(DIRECTORY_PEOPLE).ldif();
    directory(&Fake(ldif::read(&ldif, "data.ldif").unwrap())).await.assert_golden("tests/golden/fake.txt");
}
