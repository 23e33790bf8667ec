use crate::gone::eventually;
use purlin_testkit::NagiosSettings;

#[test]
fn it_takes_results_and_shows_states() {
    let Some(mut nagios) = NagiosSettings::new().service("web", 2).service("db", 1).start().unwrap() else {
        return;
    };
    nagios.submit([("web", 2, "no answer"), ("db", 1, "slow"), ("web", 2, "still none")]).unwrap();
    let web = nagios.service_when("web", |it| it["plugin_output"] == "still none").unwrap();
    assert_eq!((&*web["current_state"], &*web["state_type"], &*web["current_attempt"]), ("2", "1", "2"));
    assert_eq!(nagios.services().unwrap()["db"]["last_hard_state"], "1");
    let history = nagios.history().unwrap();
    assert!(history.contains("SERVICE ALERT: host;web;CRITICAL;SOFT;1;no answer"), "{history}");

    // A killed one leaves its pipe behind, with nobody who reads once its helpers have noticed.
    nagios.server_mut().kill().unwrap();
    eventually("nobody reads the pipe", || nagios.submit([("web", 0, "ok")]).is_err());
    assert!(nagios.command_file().exists());
    nagios.server_mut().restart().unwrap();
    nagios.submit([("web", 0, "ok")]).unwrap();
    nagios.service_when("web", |it| it["plugin_output"] == "ok").unwrap();
}
