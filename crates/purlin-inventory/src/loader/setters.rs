//! What can be said to the loader and to each of its sources alike.

/// The setters of everything that reads Ansible's formats.
macro_rules! ansible_setters {
    () => {
        /// Settings of Ansible that change how its formats are read.
        #[must_use]
        pub fn ansible(mut self, options: AnsibleOptions) -> Self {
            self.options = options;
            self
        }

        /// How much is read before it is refused, and how long scripts may take.
        #[must_use]
        pub fn limits(mut self, limits: Limits) -> Self {
            self.limits = limits;
            self
        }
    };
}

pub(super) use ansible_setters;
