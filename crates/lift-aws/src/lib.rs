//! Lift on AWS: the Lambda loop, the @connections client and the DynamoDB store.
