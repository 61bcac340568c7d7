//! The names of the tables of a place, for who does not know what an app's is called.

use super::{Place, Table};
use crate::Error;

impl Place {
    /// The names of all tables here, in their order.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), lift_aws::Error> {
    /// use lift_aws::table::Place;
    ///
    /// // What `lift dev` prints.
    /// let here = Place::new().with_endpoint_url("http://127.0.0.1:3002");
    /// assert_eq!(here.tables().await?, ["chat-connections"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses.
    pub async fn tables(&self) -> Result<Vec<String>, Error> {
        // None of them in particular: errors of `ListTables` name the place.
        let any = Table::new(&self.config().await?, "*");
        let mut pages = any.client.list_tables().into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(name) = pages.next().await {
            names.push(name.map_err(|error| any.failed("ListTables", error))?);
        }
        Ok(names)
    }
}
