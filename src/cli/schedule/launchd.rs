//! launchd (launchd.plist(5)): calendar entries, since several that were slept through become one on waking, where an
//! interval's would be lost.

use super::job::{ARGUMENTS, Job, MARK};

/// The job's name, and its file's.
pub(super) const LABEL: &str = "dirsync.sync";

/// The property list.
pub(super) fn plist(job: &Job) -> String {
    let words = std::iter::once(&*job.program).chain(ARGUMENTS);
    let arguments: String = words.map(|word| format!("        <string>{}</string>\n", escaped(word))).collect();
    let environment: String = job
        .environment
        .iter()
        .map(|(name, value)| format!("        <key>{name}</key>\n        <string>{}</string>\n", escaped(value)))
        .collect();
    let (minutes, hours) = job.every.calendar();
    let entry = |hour: Option<u32>, minute: u32| {
        let hour = hour.map(|hour| format!("<key>Hour</key><integer>{hour}</integer>")).unwrap_or_default();
        format!("        <dict>{hour}<key>Minute</key><integer>{minute}</integer></dict>\n")
    };
    let calendar: String = match &hours {
        None => minutes.iter().map(|minute| entry(None, *minute)).collect(),
        Some(hours) => hours.iter().map(|hour| entry(Some(*hour), 0)).collect(),
    };
    let user = match &job.user {
        Some((_, Some(name))) => format!("    <key>UserName</key>\n    <string>{}</string>\n", escaped(name)),
        _ => String::new(),
    };
    let log = escaped(&format!("{}/schedule.log", job.data));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <!-- {MARK} -->\n\
         <plist version=\"1.0\">\n<dict>\n\
         \x20   <key>Label</key>\n    <string>{LABEL}</string>\n{user}\
         \x20   <key>ProgramArguments</key>\n    <array>\n{arguments}    </array>\n\
         \x20   <key>EnvironmentVariables</key>\n    <dict>\n{environment}    </dict>\n\
         \x20   <key>StartCalendarInterval</key>\n    <array>\n{calendar}    </array>\n\
         \x20   <key>RunAtLoad</key>\n    <true/>\n\
         \x20   <key>ProcessType</key>\n    <string>Background</string>\n\
         \x20   <key>StandardErrorPath</key>\n    <string>{log}</string>\n\
         </dict>\n</plist>\n"
    )
}

/// Text within XML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::every::Every;
    use super::super::job::{Scope, example};
    use super::*;

    #[test]
    fn the_property_list_has_what_its_manual_demands() {
        let text = plist(&example(Scope::System));
        insta::assert_snapshot!("plist", text);
        let hours = plist(&Job { every: Every { minutes: 720 }, ..example(Scope::User) });
        assert_eq!(hours.matches("<key>Hour</key>").count(), 2);
        assert!(!hours.contains("UserName"));
    }
}
