"""OAuth 2.0: the client credentials grant, in the forms that clients of Partner Center ask for it."""
