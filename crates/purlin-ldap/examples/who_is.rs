//! Who somebody is, which groups they are in, and whether a password is theirs: over a directory in memory, which is
//! asked as one of LDAP servers is.

use purlin_core::{Cx, Result, Secret};
use purlin_ldap::{Directory, DirectoryExt, FakeDirectory, FakeFault, LdapClass, LdapDetail, Profile};
use std::sync::Arc;
use std::time::Duration;

const LDIF: &str = "\
dn: uid=ada,ou=people,dc=example,dc=org
objectClass: posixAccount
uid: ada
cn: Ada Lovelace
uidNumber: 1001
mail: ada@example.org
userPassword: countess

dn: cn=oncall,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: oncall
member: uid=ada,ou=people,dc=example,dc=org

dn: cn=operators,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: operators
member: cn=oncall,ou=groups,dc=example,dc=org
";

#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn tell(cx: &Cx, directory: &dyn Directory, name: &str) -> Result<()> {
    let user = directory.user(cx, name).await?;
    println!("{}: {}, number {:?}", user.name, user.full_name.unwrap_or_default(), user.number);
    for group in directory.groups_of(cx, name).nested().await? {
        println!("  in {}", group.name);
    }
    for password in ["countess", "duchess", ""] {
        let verdict = directory.authenticate_user(cx, name, &Secret::from(password)).await?;
        match verdict.reason() {
            None => println!("  this password is theirs"),
            Some(reason) => println!("  refused: {reason}"),
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example shows what it does")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let fake = FakeDirectory::from_ldif(Profile::rfc2307bis("dc=example,dc=org".parse()?), LDIF)?;
    let directory: Arc<dyn Directory> = Arc::new(fake.clone());
    let cx = Cx::background().with_timeout(Duration::from_secs(5));
    tell(&cx, &*directory, "ada").await?;

    // Nobody of that name is an answer; a directory that is too busy has none.
    if let Err(error) = tell(&cx, &*directory, "charles").await {
        println!("{error}");
    }
    fake.next(FakeFault::Refuse(51, "come back later".to_owned()));
    match tell(&cx, &*directory, "ada").await {
        Err(error) if LdapDetail::class_of(&error) == Some(LdapClass::Busy) => println!("{error}"),
        other => other?,
    }
    Ok(())
}
