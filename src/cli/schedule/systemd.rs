//! systemd: a timer and a oneshot service that may do little more than it has to (systemd.exec(5), systemd.timer(5)).

use super::job::{ARGUMENTS, Job, MARK, Scope};

/// The name both units have.
pub(super) const NAME: &str = "dirsync";

/// Hardening that any service manager can do.
const ANYWHERE: &str = "\
# It needs its own folder, the network and nothing else.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
";

/// Hardening that needs namespaces, which a user's own manager may not have.
const MACHINE: &str = "\
CapabilityBoundingSet=
MemoryDenyWriteExecute=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
RestrictNamespaces=yes
SystemCallFilter=@system-service
";

/// `dirsync.service`.
pub(super) fn service(job: &Job) -> String {
    let mut text = format!("# {MARK}\n[Unit]\nDescription=dirsync: sync the directories that are due\n");
    text += "Documentation=man:dirsync-sync(1)\n";
    if job.scope == Scope::System {
        text += "Wants=network-online.target\nAfter=network-online.target\n";
    }
    let arguments = ARGUMENTS.join(" ");
    text += &format!("\n[Service]\nType=oneshot\nExecStart={} {arguments}\n", quoted(&job.program));
    for (name, value) in &job.environment {
        text += &format!("Environment={}\n", quoted(&format!("{name}={value}")));
    }
    if let Some((number, _)) = &job.user {
        text += &format!("User={number}\n");
    }
    if job.credential {
        let place = match job.scope {
            Scope::System => "/etc/credstore.encrypted/dirsync.key",
            Scope::User => "%h/.config/credstore.encrypted/dirsync.key",
        };
        text += &format!("LoadCredentialEncrypted=dirsync.key:{place}\n");
    }
    text += "TimeoutStartSec=3h\nUMask=0077\n";
    text += ANYWHERE;
    if job.scope == Scope::System {
        text += MACHINE;
        text += &format!("ReadWritePaths={}\n", quoted(&job.data));
    }
    text
}

/// `dirsync.timer`.
pub(super) fn timer(job: &Job) -> String {
    format!(
        "# {MARK}\n[Unit]\nDescription=dirsync: look whether a directory is due\nDocumentation=man:dirsync-sync(1)\n\n\
         [Timer]\nOnCalendar={}\nRandomizedDelaySec=30s\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        job.every.systemd()
    )
}

/// One word of a setting: quoted, and with nothing in it that would be expanded. (`$` is nothing special in these.)
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::super::job::example;
    use super::*;

    #[test]
    fn the_units_of_a_machine() {
        insta::assert_snapshot!("system_service", service(&example(Scope::System)));
        insta::assert_snapshot!("timer", timer(&example(Scope::System)));
    }

    #[test]
    fn a_users_units_ask_for_nothing_their_manager_may_not_have() {
        let text = service(&example(Scope::User));
        insta::assert_snapshot!("user_service", text);
        assert!(!text.contains("Protect") && !text.contains("Private") && !text.contains("network-online"));
    }
}
