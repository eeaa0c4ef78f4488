//! Which plugins are on. The built-in ones are in every chain from the start; one that is off has no hooks, so that
//! switching it costs the others nothing but a look at a flag, and no listener has to be opened again.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vmq_config::Plugin;

/// Those that this version has.
pub const BUILT_IN: [Plugin; 2] = [Plugin::Acl, Plugin::Passwd];

/// The plugins and their switches.
#[derive(Debug)]
pub struct Plugins {
    /// In the order in which they were enabled.
    running: Mutex<Vec<Plugin>>,
    switches: [Switch; BUILT_IN.len()],
}

/// On or off, as its provider sees it.
#[derive(Clone, Debug, Default)]
pub struct Switch(Arc<AtomicBool>);

/// Why a plugin was not switched; the word is the original's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchFault {
    #[error("already_enabled")]
    AlreadyEnabled,
    #[error("plugin_not_found")]
    NotFound,
    #[error("not_available_in_this_version")]
    NotAvailable,
}

impl Plugins {
    /// Those of the configuration are on.
    #[must_use]
    pub fn new(enabled: &[Plugin]) -> Self {
        let plugins = Self {
            running: Mutex::default(),
            switches: Default::default(),
        };
        for plugin in enabled {
            // What is not built in is told at start.
            plugins.enable(*plugin).ok();
        }
        plugins
    }

    /// Those that are on, in the order in which they were enabled.
    #[must_use]
    pub fn running(&self) -> Vec<Plugin> {
        self.running.lock().clone()
    }

    /// Every built-in one, in the order in which they are asked.
    #[must_use]
    pub fn chain(&self) -> Vec<Plugin> {
        let mut chain = self.running();
        let others = BUILT_IN.iter().filter(|plugin| !chain.contains(plugin));
        let others: Vec<Plugin> = others.copied().collect();
        chain.extend(others);
        chain
    }

    /// What the provider of a plugin looks at.
    #[must_use]
    pub fn switch(&self, plugin: Plugin) -> Switch {
        self.find(plugin).cloned().unwrap_or_default()
    }

    /// Switches one on, behind the others.
    ///
    /// # Errors
    /// It is on, or this version does not have it.
    pub fn enable(&self, plugin: Plugin) -> Result<(), SwitchFault> {
        let switch = self.find(plugin).ok_or(SwitchFault::NotAvailable)?;
        let mut running = self.running.lock();
        if running.contains(&plugin) {
            return Err(SwitchFault::AlreadyEnabled);
        }
        running.push(plugin);
        switch.0.store(true, Ordering::Release);
        Ok(())
    }

    /// Switches one off: it drops out of every chain.
    ///
    /// # Errors
    /// It is not on.
    pub fn disable(&self, plugin: Plugin) -> Result<(), SwitchFault> {
        let switch = self.find(plugin).ok_or(SwitchFault::NotFound)?;
        let mut running = self.running.lock();
        if !running.contains(&plugin) {
            return Err(SwitchFault::NotFound);
        }
        running.retain(|known| *known != plugin);
        switch.0.store(false, Ordering::Release);
        Ok(())
    }

    fn find(&self, plugin: Plugin) -> Option<&Switch> {
        let index = BUILT_IN.iter().position(|known| *known == plugin)?;
        self.switches.get(index)
    }
}

impl Switch {
    /// Whether the plugin answers.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_comes_back_behind_the_others() {
        let plugins = Plugins::new(&[Plugin::Acl, Plugin::Passwd, Plugin::Webhooks]);
        let switch = plugins.switch(Plugin::Acl);
        assert!(switch.is_on());
        assert_eq!(plugins.running(), [Plugin::Acl, Plugin::Passwd]);
        assert_eq!(plugins.enable(Plugin::Acl), Err(SwitchFault::AlreadyEnabled));
        assert_eq!(plugins.disable(Plugin::Acl), Ok(()));
        assert!(!switch.is_on());
        assert_eq!(plugins.disable(Plugin::Acl), Err(SwitchFault::NotFound));
        assert_eq!(plugins.enable(Plugin::Acl), Ok(()));
        assert_eq!(plugins.running(), [Plugin::Passwd, Plugin::Acl]);
        assert_eq!(plugins.enable(Plugin::Webhooks), Err(SwitchFault::NotAvailable));
        assert!(!plugins.switch(Plugin::Webhooks).is_on());
    }
}
