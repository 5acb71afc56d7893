"""What was acknowledged, what is to be sent, what happened: a narrow contract and its backends."""
