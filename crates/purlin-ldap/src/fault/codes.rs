//! Result codes (RFC 4511, appendix A; IANA, "LDAP Parameters").

use super::LdapClass;

struct Row(u32, &'static str, LdapClass);

const ROWS: [Row; 45] = [
    Row(1, "operationsError", LdapClass::Other),
    Row(2, "protocolError", LdapClass::Invalid),
    Row(3, "timeLimitExceeded", LdapClass::TimeLimit),
    Row(4, "sizeLimitExceeded", LdapClass::Truncated),
    Row(7, "authMethodNotSupported", LdapClass::Unsupported),
    Row(8, "strongerAuthRequired", LdapClass::ConfidentialityRequired),
    Row(10, "referral", LdapClass::Referral),
    Row(11, "adminLimitExceeded", LdapClass::Truncated),
    Row(12, "unavailableCriticalExtension", LdapClass::Unsupported),
    Row(13, "confidentialityRequired", LdapClass::ConfidentialityRequired),
    Row(14, "saslBindInProgress", LdapClass::Unsupported),
    Row(16, "noSuchAttribute", LdapClass::Invalid),
    Row(17, "undefinedAttributeType", LdapClass::Invalid),
    Row(18, "inappropriateMatching", LdapClass::Invalid),
    Row(19, "constraintViolation", LdapClass::Invalid),
    Row(20, "attributeOrValueExists", LdapClass::Conflict),
    Row(21, "invalidAttributeSyntax", LdapClass::Invalid),
    Row(32, "noSuchObject", LdapClass::NotFound),
    Row(33, "aliasProblem", LdapClass::Invalid),
    Row(34, "invalidDNSyntax", LdapClass::Invalid),
    Row(36, "aliasDereferencingProblem", LdapClass::Invalid),
    Row(48, "inappropriateAuthentication", LdapClass::BindRefused),
    Row(49, "invalidCredentials", LdapClass::BindRefused),
    Row(50, "insufficientAccessRights", LdapClass::Denied),
    Row(51, "busy", LdapClass::Busy),
    Row(52, "unavailable", LdapClass::Busy),
    Row(53, "unwillingToPerform", LdapClass::Denied),
    Row(54, "loopDetect", LdapClass::Other),
    Row(64, "namingViolation", LdapClass::Invalid),
    Row(65, "objectClassViolation", LdapClass::Invalid),
    Row(66, "notAllowedOnNonLeaf", LdapClass::Conflict),
    Row(67, "notAllowedOnRDN", LdapClass::Conflict),
    Row(68, "entryAlreadyExists", LdapClass::Conflict),
    Row(69, "objectClassModsProhibited", LdapClass::Denied),
    Row(71, "affectsMultipleDSAs", LdapClass::Unsupported),
    Row(80, "other", LdapClass::Other),
    Row(118, "canceled", LdapClass::Other),
    Row(119, "noSuchOperation", LdapClass::Other),
    Row(120, "tooLate", LdapClass::Other),
    Row(121, "cannotCancel", LdapClass::Other),
    Row(122, "assertionFailed", LdapClass::Conflict),
    Row(123, "authorizationDenied", LdapClass::Denied),
    Row(4096, "syncRefreshRequired", LdapClass::Conflict),
    Row(5, "compareFalse", LdapClass::Other),
    Row(6, "compareTrue", LdapClass::Other),
];

/// The name of a result code, as its document has it.
pub fn name_of_code(code: u32) -> Option<&'static str> {
    ROWS.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// What a result code means.
pub fn class_of_code(code: u32) -> LdapClass {
    ROWS.iter().find(|row| row.0 == code).map_or(LdapClass::Other, |row| row.2)
}
