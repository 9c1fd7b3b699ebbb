//! Windows Task Scheduler: a task's XML, elements in the order that its schema demands (learn.microsoft.com/windows/win32/
//! taskschd/task-scheduler-schema). Whoever is signed in is who it runs as, since their credentials hold the key.

use super::job::{ARGUMENTS, Job, MARK, Scope};
use super::launchd::escaped;

/// The task's name.
pub(super) const NAME: &str = "dirsync";

/// The task. Its environment is the account's own; a home of its own goes through cmd, which takes no percent sign.
pub(super) fn task(job: &Job) -> Result<String, String> {
    let arguments = ARGUMENTS.join(" ");
    let (command, arguments) = match job.environment.iter().find(|(name, _)| name == "DIRSYNC_HOME") {
        None => (job.program.clone(), arguments),
        Some((_, home)) if home.contains(['%', '"']) || job.program.contains(['%', '"']) => {
            return Err("cmd would expand the '%' in a path; set DIRSYNC_HOME for the account instead".into());
        }
        Some((name, home)) => {
            ("cmd.exe".to_owned(), format!("/d /c \"set \"{name}={home}\"&& \"{}\" {arguments}\"", job.program))
        }
    };
    let principal = match job.scope {
        Scope::System => "      <UserId>S-1-5-18</UserId>\n",
        Scope::User => "      <LogonType>InteractiveToken</LogonType>\n",
    };
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n\
         \x20 <RegistrationInfo>\n    <Description>{}</Description>\n  </RegistrationInfo>\n\
         \x20 <Triggers>\n    <TimeTrigger>\n\
         \x20     <Repetition>\n        <Interval>PT{}M</Interval>\n        <StopAtDurationEnd>false</StopAtDurationEnd>\n      </Repetition>\n\
         \x20     <StartBoundary>2026-01-01T00:00:00Z</StartBoundary>\n      <Enabled>true</Enabled>\n\
         \x20   </TimeTrigger>\n  </Triggers>\n\
         \x20 <Principals>\n    <Principal id=\"Author\">\n{principal}      <RunLevel>LeastPrivilege</RunLevel>\n    </Principal>\n  </Principals>\n\
         \x20 <Settings>\n\
         \x20   <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n\
         \x20   <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n\
         \x20   <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\n\
         \x20   <StartWhenAvailable>true</StartWhenAvailable>\n\
         \x20   <Enabled>true</Enabled>\n\
         \x20   <Hidden>true</Hidden>\n\
         \x20   <ExecutionTimeLimit>PT3H</ExecutionTimeLimit>\n\
         \x20 </Settings>\n\
         \x20 <Actions Context=\"Author\">\n    <Exec>\n      <Command>{}</Command>\n      <Arguments>{}</Arguments>\n    </Exec>\n  </Actions>\n\
         </Task>\n",
        escaped(MARK),
        job.every.minutes,
        escaped(&command),
        escaped(&arguments)
    ))
}

/// As Task Scheduler reads it: UTF-16, least byte first, with its mark.
pub(super) fn encoded(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.replace('\n', "\r\n").encode_utf16().collect::<Vec<_>>());
    units.flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::super::job::example;
    use super::*;

    #[test]
    fn a_task_in_the_order_of_its_schema() {
        let job = Job {
            program: r"C:\Program Files\dirsync\dirsync.exe".into(),
            environment: vec![("DIRSYNC_HOME".into(), r"D:\IT & more".into())],
            ..example(Scope::User)
        };
        let text = task(&job).unwrap();
        insta::assert_snapshot!("task", text);
        let order = ["<RegistrationInfo>", "<Triggers>", "<Principals>", "<Settings>", "<Actions "];
        let places: Vec<usize> = order.iter().map(|element| text.find(element).unwrap()).collect();
        assert!(places.is_sorted());
        let system = task(&Job { environment: Vec::new(), scope: Scope::System, ..job.clone() }).unwrap();
        assert!(system.contains("<UserId>S-1-5-18</UserId>") && !system.contains("cmd.exe"));
        assert!(task(&Job { program: "C:\\100%\\dirsync.exe".into(), ..job }).is_err());
        assert_eq!(encoded("a\n"), [0xff, 0xfe, b'a', 0, b'\r', 0, b'\n', 0]);
    }
}
