"""The one DNS client: questions and answers, through resolvers that may be named."""
