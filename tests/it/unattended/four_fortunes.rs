//! `sync --all` over four directories at once, of which one is well, one fails, one wants a sign-in and one has lost many
//! people: what is said, how it ends, and each left as it should be.

use std::collections::BTreeSet;

use dirsync::clock::Clock;
use dirsync::sandbox::entra::{Options, Sandbox as Tenant};
use dirsync::sandbox::{Fault, Rule};
use serde_json::{Value, json};

use crate::google::company::{Company, Visitor};

/// `well`, `failing` and `unsigned` at Google, the last two of which were other organisations' when they were added, and
/// `shrunken` at Microsoft.
struct Four {
    company: Company,
    tenant: Tenant,
}

impl Four {
    fn new() -> Self {
        let mut company = Company::new();
        let tenant = company.runtime.block_on(Tenant::start(Options::small(Clock::system()))).unwrap();
        for (name, value) in tenant.environment() {
            company.world.set(name, &value);
        }
        company.world.set("DIRSYNC_CLIENT_ID", &tenant.client_id());
        assert_eq!(company.add_by_key("well").code, Some(0));
        let other = |id: &str| Rule::new("*", Fault::OtherCustomer { customer_id: id.to_owned() });
        company.sandbox.inject(other("C0failing"));
        assert_eq!(company.add_by_key("failing").code, Some(0));
        company.sandbox.clear_faults();
        company.sandbox.inject(other("C0unsigned"));
        let admin = company.sandbox.admin_email();
        let by_browser = ["add", "google", "--name", "unsigned", "--no-browser"];
        assert_eq!(company.sign_in(&by_browser, Visitor::Allows(&admin)).code, Some(0));
        company.sandbox.clear_faults();
        let (id, secret) = (tenant.tenant_id(), company.file("secret.txt", &tenant.client_secret()));
        let secret = secret.to_str().unwrap();
        let add = ["add", "entra", "--name", "shrunken", "--tenant", &id, "--client-secret-file", secret];
        let added = company.world.run(&add);
        assert_eq!(added.code, Some(0), "{added}");
        Self { company, tenant }
    }

    fn of(&self, name: &str, key: &str) -> Value {
        let list = self.company.json(&["list"]);
        list.as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()[key].clone()
    }

    /// Everything that is stored of one of them.
    fn stored(&self, name: &str) -> Vec<String> {
        let mut all = Vec::new();
        for (view, what) in [
            ("v1_users", "external_id, status, email, display_name, title"),
            ("v1_groups", "external_id, name, members"),
            ("v1_memberships", "group_external_id, member_external_id, role"),
        ] {
            let sql = format!("SELECT json_array({what}) FROM {view} WHERE integration = '{name}' ORDER BY 1");
            all.extend(self.company.world.column(&sql));
        }
        all
    }

    /// Who is stored as being there.
    fn present(&self, name: &str) -> BTreeSet<String> {
        let sql = "SELECT external_id FROM v1_users WHERE status IN ('active', 'suspended', 'missing') AND integration";
        self.company.world.column(&format!("{sql} = '{name}'")).into_iter().collect()
    }
}

/// The ids of the people in a sandbox's company.
fn ids(truth: &Value) -> BTreeSet<String> {
    truth["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_is_left_as_it_should_be_and_the_gravest_is_the_exit_code() {
    let four = Four::new();
    let world = &four.company.world;
    four.company.sandbox.play_day();
    four.tenant.play_day();
    let (joined, gone) = (ids(&four.tenant.truth()), four.tenant.vanish(40, true));
    four.company.revoke("");
    let before = ["failing", "unsigned"].map(|name| four.stored(name));
    let known = four.present("shrunken");

    let synced = world.run(&["sync", "--all"]);
    insta::assert_snapshot!("four_fortunes", synced);
    let list = world.json(&["list", "--columns", "name,status,last_sync_outcome"]);
    let each =
        |name: &str, status: &str, outcome: &str| json!({"name": name, "status": status, "last_sync_outcome": outcome});
    assert_eq!(
        list,
        json!([
            each("failing", "misconfigured", "failed"),
            each("shrunken", "connected", "held"),
            each("unsigned", "sign_in_needed", "failed"),
            each("well", "connected", "done"),
        ])
    );
    assert_eq!(four.present("well"), ids(&four.company.sandbox.truth()));
    assert_eq!(["failing", "unsigned"].map(|name| four.stored(name)), before);
    // Nobody who was known and is gone was taken out, and whoever joined is in.
    let present = four.present("shrunken");
    assert!(known.is_subset(&present) || known.difference(&present).all(|id| !gone.contains(id)), "{gone:?}");
    assert!(joined.iter().all(|id| present.contains(id) || gone.contains(id)), "{present:?}");

    // The same once more ends the same; each is mended by what was said, and then all is well.
    assert_eq!(world.run(&["sync", "--all"]).code, Some(1));
    assert_eq!(["failing", "unsigned"].map(|name| four.stored(name)), before);
    assert_eq!(world.run(&["plans", "discard", "1"]).code, Some(0));
    four.tenant.unvanish();
    for name in ["failing", "unsigned"] {
        assert_eq!(world.run(&["delete", name, "--confirm", name, "--no-revoke"]).code, Some(0));
    }
    let healed = world.run(&["sync", "--all", "--full"]);
    assert_eq!(healed.code, Some(0), "{healed}");
    assert_eq!(four.present("shrunken"), ids(&four.tenant.truth()));
    assert_eq!(four.of("shrunken", "last_sync_outcome"), "done");
}
