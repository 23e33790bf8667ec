//! What a Nagios reads.

use crate::Instance;
use purlin_core::Result;
use std::fmt::Write;
use std::path::PathBuf;

pub(super) const PIPE: &str = "nagios.cmd";
pub(super) const STATUS: &str = "status.dat";
pub(super) const LOG: &str = "nagios.log";
/// The one host, which is never checked and so stays up.
pub(super) const HOST: &str = "host";

#[derive(Debug, Clone)]
pub(super) struct Config {
    /// Name and `max_check_attempts`.
    pub(super) services: Vec<(String, u32)>,
    pub(super) flap: (f32, f32),
}

impl Config {
    /// Writes the files; the main one's path.
    pub(super) fn write(&self, instance: &Instance) -> Result<PathBuf> {
        let objects = instance.write("objects.cfg", self.objects())?;
        let file = |name| instance.path(name).display().to_string();
        let mut text = String::new();
        for (key, value) in [
            ("log_file", file(LOG)),
            ("cfg_file", objects.display().to_string()),
            ("object_cache_file", file("objects.cache")),
            ("precached_object_file", file("objects.precache")),
            ("status_file", file(STATUS)),
            ("command_file", file(PIPE)),
            ("lock_file", file("nagios.pid")),
            ("temp_file", file("nagios.tmp")),
            ("temp_path", instance.dir().display().to_string()),
            ("check_result_path", instance.dir().display().to_string()),
            ("state_retention_file", file("retention.dat")),
            ("query_socket", file("nagios.qh")),
            ("low_service_flap_threshold", self.flap.0.to_string()),
            ("high_service_flap_threshold", self.flap.1.to_string()),
        ] {
            // Formatting into a String cannot fail.
            let _ = writeln!(text, "{key}={value}");
        }
        text.push_str(FIXED);
        instance.write("nagios.cfg", text)
    }

    fn objects(&self) -> String {
        let mut text = OBJECTS.to_owned();
        for (name, attempts) in &self.services {
            let _ = writeln!(
                text,
                "define service {{\n use passive\n service_description {name}\n max_check_attempts {attempts}\n}}"
            );
        }
        text
    }
}

/// `interval_length=1` makes seconds of all intervals. As root it changes to nobody: whoever runs it as somebody else
/// stays who they are.
const FIXED: &str = "\
status_update_interval=1
check_external_commands=1
check_result_reaper_frequency=1
retain_state_information=0
interval_length=1
use_syslog=0
log_service_retries=1
log_initial_states=0
log_passive_checks=0
enable_flap_detection=1
enable_notifications=0
enable_environment_macros=0
execute_service_checks=0
execute_host_checks=0
accept_passive_service_checks=1
check_for_updates=0
check_workers=1
date_format=iso8601
";

const OBJECTS: &str = "\
define timeperiod {
 timeperiod_name always
 alias always
 sunday 00:00-24:00
 monday 00:00-24:00
 tuesday 00:00-24:00
 wednesday 00:00-24:00
 thursday 00:00-24:00
 friday 00:00-24:00
 saturday 00:00-24:00
}
define command {
 command_name nothing
 command_line /bin/true
}
define contact {
 contact_name nobody
 host_notification_period always
 service_notification_period always
 host_notification_commands nothing
 service_notification_commands nothing
}
define host {
 host_name host
 address 127.0.0.1
 max_check_attempts 1
 check_period always
 active_checks_enabled 0
 contacts nobody
 notification_period always
}
define service {
 name passive
 register 0
 host_name host
 check_command nothing
 check_period always
 check_interval 1
 retry_interval 1
 active_checks_enabled 0
 passive_checks_enabled 1
 contacts nobody
 notification_period always
}
";
