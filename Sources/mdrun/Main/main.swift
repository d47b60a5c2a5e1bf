print("mdrun")
